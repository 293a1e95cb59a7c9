"""Answers of any length and kind, made of the same words in the same order every time."""

import random
from collections.abc import Callable, Iterator

_VOCABULARY = (
    "the a of and to in is that it for as with on by this from at which or an be are was not can when if but they have "
    "has more one all there other some time any each request server answer stream message value number result memory "
    "process thread socket browser client database transaction index query column order"
)
_WORDS = _VOCABULARY.split()
_CODE = (
    "def settle(attempt: Attempt, usage: Usage) -> Entry:",
    '    """Write what an attempt cost, once."""',
    "    price = prices.at(attempt.model, attempt.started_at)",
    "    cost = sum(count * price[kind] for kind, count in usage.items())  # never negative",
    "    if cost > attempt.hold:",
    '        log.warning("a capture of %d is beyond its hold", cost)',
    "    return Entry.objects.create(attempt=attempt, amount=min(cost, attempt.hold))",
    "",
)


def prose(dice: random.Random) -> str:
    return " ".join(_sentence(dice) for _ in range(dice.randint(3, 6)))


def listing(dice: random.Random) -> str:
    mark = dice.choice(["- ", "1. "])
    items = [_sentence(dice)[:-1] + ":\n"]
    for _ in range(dice.randint(5, 12)):
        items.append(f"{mark}**{_words(dice, 2)}**: {_sentence(dice)}")
        if dice.random() < 0.3:
            items += (f"   - {_sentence(dice)}" for _ in range(2))
    return "\n".join(items)


def table(dice: random.Random) -> str:
    rows = [
        f"| {_words(dice, 2)} | `{_words(dice, 1)}` | {dice.randint(1, 9999)} |" for _ in range(dice.randint(6, 20))
    ]
    return "\n".join(["| What | Where | How much |", "|:---|---|---:|", *rows])


def program(dice: random.Random) -> str:
    lines = [dice.choice(_CODE) for _ in range(dice.randint(15, 60))]
    return "\n".join(["```python", *lines, "```"])


def mixture(dice: random.Random) -> str:
    kind = dice.choices([prose, listing, table, program], [6, 3, 1, 2])[0]
    heading = f"## {_words(dice, 3).capitalize()}\n\n" if dice.random() < 0.2 else ""
    return heading + kind(dice)


KINDS: dict[str, Callable[[random.Random], str]] = {
    "prose": prose,
    "lists": listing,
    "tables": table,
    "code": program,
    "mixed": mixture,
}


def answer(kind: str, length: int) -> str:
    """An answer of this kind, cut to this many characters."""
    dice = random.Random(kind)
    text = ""
    while len(text) < length:
        text += KINDS[kind](dice) + "\n\n"
    return text[:length]


def pieces(text: str, size: int) -> Iterator[str]:
    for position in range(0, len(text), size):
        yield text[position : position + size]


def _sentence(dice: random.Random) -> str:
    words = _words(dice, dice.randint(6, 16)).split()
    if dice.random() < 0.4:
        place = dice.randrange(len(words))
        words[place] = dice.choice(["**{}**", "*{}*", "`{}`", "“{}”", "({})", "[{}](https://example.com/a)"]).format(
            words[place]
        )
    if dice.random() < 0.5:
        words[dice.randrange(len(words))] += ","
    if dice.random() < 0.2:
        words[dice.randrange(len(words))] += "'s"
    sentence = " ".join(words)
    return sentence[0].upper() + sentence[1:] + "."


def _words(dice: random.Random, count: int) -> str:
    return " ".join(dice.choice(_WORDS) for _ in range(count))
