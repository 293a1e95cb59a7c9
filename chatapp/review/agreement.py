"""How far two reviewers of the same answer agree, beyond what chance would make of it: Cohen's kappa."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.review.models import Criterion, Review

MOST_PAIRS = 5_000


@dataclass(frozen=True, slots=True)
class Agreement:
    """One question of a scorecard."""

    criterion: str
    scorecard: str
    pairs: int
    same: int
    kappa: float | None

    @property
    def percent(self) -> int:
        return round(100 * self.same / self.pairs) if self.pairs else 0

    @property
    def words(self) -> str:
        if self.kappa is None:
            return "not known: everybody always chose the same"
        for bound, word in ((0.81, "almost perfect"), (0.61, "good"), (0.41, "moderate"), (0.21, "fair")):
            if self.kappa >= bound:
                return word
        return "poor"


def kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    """None where chance alone would agree always, or where there is nothing."""
    if not pairs:
        return None
    seen = sum(a == b for a, b in pairs) / len(pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(first[choice] * second[choice] for choice in first) / len(pairs) ** 2
    return None if chance >= 1 else (seen - chance) / (1 - chance)


def of_all() -> list[Agreement]:
    """Every question that two people have answered about the same turn, of the newest reviews."""
    reviews = Review.objects.filter(settles=False, item__wanted__gt=1).order_by("-pk")[: 2 * MOST_PAIRS]
    of_item: dict[int, list[dict[str, int]]] = {}
    for item_id, scores in reviews.values_list("item_id", "scores"):
        of_item.setdefault(item_id, []).insert(0, scores)
    found: list[Agreement] = []
    for criterion in Criterion.objects.select_related("scorecard"):
        key = str(criterion.pk)
        pairs = [
            (said[0][key], said[1][key])
            for said in of_item.values()
            if len(said) > 1 and key in said[0] and key in said[1]
        ]
        if pairs:
            same = sum(a == b for a, b in pairs)
            found.append(Agreement(criterion.name, criterion.scorecard.name, len(pairs), same, kappa(pairs)))
    return found
