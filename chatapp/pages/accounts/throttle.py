"""How often a door may be tried: counted in the database, so that every process counts together."""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from chatapp.pages.models import Tries


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many tries in so long, for each combination of what `who` names."""

    door: str
    tries: int
    window: timedelta

    def take(self, *who: str) -> int:
        """Counts one try and gives 0, or the seconds to wait when there are none left."""
        now = timezone.now()
        key = self._key(who)
        with transaction.atomic():
            row, made = Tries.objects.select_for_update().get_or_create(
                key=key, defaults={"count": 1, "resets_at": now + self.window}
            )
            if made:
                Tries.objects.filter(resets_at__lt=now - self.window).delete()
                return 0
            if row.resets_at <= now:
                row.count, row.resets_at = 0, now + self.window
            if row.count >= self.tries:
                return ceil((row.resets_at - now).total_seconds())
            row.count += 1
            row.save()
        return 0

    def give_back(self, *who: str) -> None:
        """Takes one try back, from somebody who turned out to be right."""
        Tries.objects.filter(key=self._key(who), count__gt=0).update(count=F("count") - 1)

    def forget(self, *who: str) -> None:
        """Clears the count of somebody who turned out to be right."""
        Tries.objects.filter(key=self._key(who)).delete()

    def _key(self, who: tuple[str, ...]) -> str:
        return hashlib.sha256("\0".join((self.door, *who)).encode("utf-8", "replace")).hexdigest()


def address(request: HttpRequest) -> str:
    """Whom to count: the client's address, or its network where one person has a network to themselves."""
    text = request.META.get("REMOTE_ADDR") or "unknown"
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return text
    if parsed.version == 4:
        return text
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def sentence(wait_seconds: int) -> str:
    """What to tell somebody who must wait."""
    minutes = ceil(wait_seconds / 60)
    wait = "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"That was too many tries in a short time. Please wait {wait}, then try again."
