"""How a limit stands, for the person who met it: which one, how much of it, until when, and whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Sum

from chatapp.money import ledger, limits
from chatapp.money.counters import Warned
from chatapp.money.ledger import Short
from chatapp.money.limits import Limit, Payer
from chatapp.money.models import Entry, MoneySettings, Period, Scope
from chatapp.money.models.budgets import MOST_NANODOLLARS
from chatapp.money.prices import NANODOLLARS

ENTRIES = 5
_WHOSE = {
    Scope.CONVERSATION: "This conversation's limit",
    Scope.USER: "Your limit",
    Scope.GROUP: "Your group's limit",
    Scope.SITE: "The limit of this whole site",
}
_EACH = {Period.DAY: " a day", Period.MONTH: " a month", Period.TOTAL: ""}


@dataclass(frozen=True, slots=True)
class Line:
    """One of the last entries that used a limit up."""

    at: str
    usd: str
    task: str
    model: str

    @property
    def amount(self) -> str:
        return about(_nanodollars(self.usd))

    @property
    def at_words(self) -> str:
        return _words(self.at, "UTC")


@dataclass(frozen=True, slots=True)
class Report:
    """A limit and how it stands; amounts as exact decimal strings, times as ISO 8601."""

    scope: str
    period: str
    own: bool
    limit_usd: str
    spent_usd: str
    held_usd: str
    resets_at: str | None
    contact: str
    entries: tuple[Line, ...]
    zone: str = "UTC"

    @property
    def name(self) -> str:
        """The limit in words: "Your limit of $5.00 a day"."""
        return _name(Scope(self.scope), Period(self.period), _nanodollars(self.limit_usd), own=self.own)

    @property
    def is_shared(self) -> bool:
        """What is spent under it is others' business, too: the figures are the person's own share."""
        return self.scope in limits.SHARED

    @property
    def name_within(self) -> str:
        """The same in the middle of a sentence."""
        return _lowered(self.name)

    @property
    def spent(self) -> str:
        return about(_nanodollars(self.spent_usd))

    @property
    def held(self) -> str:
        """Empty where nothing is set aside for answers that still run."""
        held = _nanodollars(self.held_usd)
        return about(held) if held else ""

    @property
    def resets_words(self) -> str:
        """For whoever has no clock of his own on the page."""
        return _words(self.resets_at, self.zone) if self.resets_at else ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> Report:
        return Report(**{**stored, "entries": tuple(Line(**line) for line in stored["entries"])})


def of(short: Short, payer: Payer) -> Report:
    """The report on the limit that had no room."""
    limit = short.limit
    place = limit.place
    ends = limits.ends(place.starts, place.period) if place.starts else None
    settings = MoneySettings.objects.first() or MoneySettings()
    return Report(
        scope=place.scope,
        period=place.period,
        own=limit.own,
        limit_usd=ledger.usd(limit.nanodollars),
        spent_usd=ledger.usd(_own_share(limit, payer) if place.is_shared else short.spent_nanodollars),
        held_usd=ledger.usd(0 if place.is_shared else short.held_nanodollars),
        resets_at=ends.isoformat() if ends else None,
        contact=settings.contact,
        entries=_entries(limit, payer),
        zone=settings.time_zone,
    )


def warning(warned: Warned) -> str:
    """The sentence of a threshold that was crossed."""
    return f"{warned.percent} % of {_lowered(name(warned.limit))} is used."


def name(limit: Limit) -> str:
    """A limit in words, at the beginning of a sentence."""
    return _name(limit.place.scope, limit.place.period, limit.nanodollars, own=limit.own)


def _name(scope: Scope, period: Period, nanodollars: int, *, own: bool) -> str:
    whose = "The limit that you set yourself" if own else _WHOSE[scope]
    return f"{whose} of {short_usd(ledger.usd(nanodollars))}{_EACH[period]}"


def short_usd(usd: str) -> str:
    """Cents where that says it all, more where it does not: $5.00, $0.0042."""
    sign = "-" if usd.startswith("-") else ""
    whole, _, rest = usd.removeprefix("-").partition(".")
    shown = rest.rstrip("0")
    return f"{sign}${whole}.{shown.ljust(2, '0') if len(shown) <= 4 or whole != '0' else shown}"


def about(nanodollars: int, *, up: bool = True) -> str:
    """Rounded for people, to cents from a dollar on and to their hundredths below; against us unless it is a rest."""
    step = NANODOLLARS // (100 if nanodollars >= NANODOLLARS else 10_000)
    rounded = (-(-nanodollars // step) if up else nanodollars // step) * step
    return short_usd(ledger.usd(rounded))


def _nanodollars(usd: str) -> int:
    return int(usd.replace(".", ""))


def _words(moment: str, zone: str) -> str:
    at = datetime.fromisoformat(moment)
    return f"{at.day} {at:%B %Y, %H:%M} ({zone})"


def _lowered(words: str) -> str:
    return words[0].lower() + words[1:]


def _entries(limit: Limit, payer: Payer) -> tuple[Line, ...]:
    """The person's own last entries under the limit; what others spend is nobody else's business."""
    return tuple(
        Line(entry.at.isoformat(), ledger.usd(entry.nanodollars), entry.task or entry.kind, entry.model)
        for entry in _own(limit, payer).order_by("-pk")[:ENTRIES]
    )


def _own_share(limit: Limit, payer: Payer) -> int:
    return int(_own(limit, payer).aggregate(total=Sum("nanodollars"))["total"] or 0)


def _own(limit: Limit, payer: Payer) -> QuerySet[Entry]:
    found = Entry.objects.filter(user_id=payer.user_id)
    if limit.place.scope is Scope.CONVERSATION:
        found = found.filter(conversation_id=payer.conversation_id)
    if limit.place.scope is Scope.GROUP:
        # What he spent before he came into the group used up nothing of it.
        found = found.filter(groups__contains=f",{limit.place.subject},")
    if limit.place.starts:
        found = found.filter(day__gte=limit.place.starts)
    return found


def dollars(text: str) -> int:
    """An amount as a person writes it, in nano-dollars; ValueError says what is wrong with it."""
    written = text.strip().replace("_", "")
    if not written:
        raise ValueError("An amount is missing.")
    if any(sign in written for sign in "$€£¥"):
        raise ValueError("Write the amount without a currency sign: 5 or 0.25. It is in US dollars.")
    if written.startswith("-"):
        raise ValueError("An amount cannot be negative.")
    whole, _, rest = written.partition(".")
    if not (whole or rest) or not (whole + rest).isascii() or not (whole + rest).isdigit():
        raise ValueError("That is not an amount. Write it like 5 or 0.25.")
    if len(rest) > 9:
        raise ValueError("That is finer than a billionth of a dollar. Nine digits behind the point are enough.")
    # Counted first: a number of a thousand digits is slow to read.
    whole = whole.lstrip("0")
    amount = int(whole or "0") * NANODOLLARS + int(rest.ljust(9, "0")) if len(whole) < 8 else None
    if amount is None or amount > MOST_NANODOLLARS:
        raise ValueError("That is more than a million dollars. Is a point missing?")
    return amount
