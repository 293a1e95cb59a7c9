"""Text as the index holds it, and what somebody searches for: the same words for both databases.

Case and accents do not matter. Writing without spaces is cut into pairs of neighbours, so that parts are found too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# What stands beyond this is not searched.
MOST_CHARACTERS = 200_000
LONGEST_WORD = 64
SLICE = 5_000
MOST_TERMS = 8

_PLAIN = re.compile(r"[a-z0-9]+")
_GAP = re.compile(r"\s")
_BETWEEN = re.compile(r"[^a-z0-9]+")
_TOO_LONG = re.compile(rf"([a-z0-9]{{{LONGEST_WORD}}})[a-z0-9]+")
_ANY = re.compile(r"[^\W_]+")
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+"
)
_WANTED = re.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand beside each other; the last one may go on where `open` says so."""

    words: tuple[str, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """All of these must be found."""

    terms: tuple[Term, ...]

    @property
    def open(self) -> bool:
        """Whether any word may go on."""
        return any(term.open for term in self.terms)

    def finds(self, text: str) -> bool:
        """Whether all of it stands in a text, as the index would say."""
        said = f" {normal(text)} "
        return all(f" {' '.join(term.words)}{'' if term.open else ' '}" in said for term in self.terms)

    def for_sqlite(self) -> str:
        return " ".join(f'"{" ".join(term.words)}"{"*" if term.open else ""}' for term in self.terms)

    def for_postgresql(self) -> str:
        return " & ".join(_joined(term) for term in self.terms)


def normal(text: str) -> str:
    """The words of a text in their order."""
    text = text[:MOST_CHARACTERS]
    if text.isascii():
        # The same as below without a list of all of them, which for a long answer would be much memory at once.
        return _TOO_LONG.sub(r"\1", _BETWEEN.sub(" ", text.lower())).strip()
    return " ".join(" ".join(words_of(piece)) for piece in _slices(text)).strip()


def words_of(text: str) -> list[str]:
    if text.isascii():
        return [word[:LONGEST_WORD] for word in _PLAIN.findall(text.lower())]
    return [part for word, _, _ in spans(text) for part in word]


def spans(text: str) -> list[tuple[list[str], int, int]]:
    """Every word of a text, with its pairs where it has no spaces, and where it stands."""
    found = []
    for match in _ANY.finditer(text):
        for piece, start, end in _pieces(match.group(), match.start()):
            plain = _plain(piece)
            if plain:
                found.append((_pairs(plain) if _SPACELESS.fullmatch(piece) else [plain[:LONGEST_WORD]], start, end))
    return found


def search(text: str) -> Search | None:
    """What somebody typed: words, "phrases in quotation marks", beginnings*; None where nothing can be searched."""
    terms = []
    for phrase, word in _WANTED.findall(text):
        found = words_of(phrase or word.rstrip("*"))
        if found:
            terms.append(Term(tuple(found[:MOST_TERMS]), open=bool(word.endswith("*"))))
    return Search(tuple(terms[:MOST_TERMS])) if terms else None


def _slices(text: str) -> Iterator[str]:
    """Cut between words wherever there is a place, so that little of a long answer is in memory twice."""
    start = 0
    while start < len(text):
        end = start + SLICE
        gap = _GAP.search(text, end, end + SLICE)
        end = gap.start() if gap else end + SLICE
        yield text[start:end]
        start = end


def _pieces(word: str, at: int) -> list[tuple[str, int, int]]:
    """A run of letters, cut where writing without spaces begins or ends."""
    pieces, last = [], 0
    for match in _SPACELESS.finditer(word):
        if match.start() > last:
            pieces.append((word[last : match.start()], at + last, at + match.start()))
        pieces.append((match.group(), at + match.start(), at + match.end()))
        last = match.end()
    if last < len(word):
        pieces.append((word[last:], at + last, at + len(word)))
    return pieces


def _plain(word: str) -> str:
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter) and letter.isalnum())


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def _joined(term: Term) -> str:
    *first, last = (f"'{word}'" for word in term.words)
    inside = " <-> ".join([*first, f"{last}:*" if term.open else last])
    return f"({inside})" if first else inside
