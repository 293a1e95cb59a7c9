"""A block of code between fences, while it is being written."""

import re

_MAYBE_CLOSING = re.compile(r" {0,3}(?:(?:`+|~+)[ \t]*)?$")


class Fence:
    """Collects what stands between an opening fence and its closing one; `source` grows only at its end."""

    def __init__(self, opening: re.Match[str]) -> None:
        lead, ticks, tick_words, tildes, tilde_words = opening.groups()
        self.language = (tick_words or tilde_words or "").strip().partition(" ")[0]
        self._indent = len(lead)
        self._closing = re.compile(f" {{0,3}}{(ticks or tildes)[0]}{{{len(ticks or tildes)},}}[ \\t]*$")
        self._parts: list[str] = []
        self._untold: list[str] = []
        # The beginning of a line that may yet turn out to be the closing fence: not shown until that is known.
        self._held = ""
        self._within_line = False

    @property
    def source(self) -> str:
        self._parts = ["".join(self._parts)]
        return self._parts[0]

    @property
    def closing(self) -> bool:
        """Whether the code ends here unless something follows on the same line."""
        return bool(self._held and self._closing.match(self._held))

    def take(self, line: str) -> bool:
        """Take the rest of a line; True when it was the closing fence."""
        if not self._within_line and self._closing.match(self._held + line):
            self._held = ""
            return True
        self._write(line + "\n")
        self._within_line = False
        return False

    def peek(self, piece: str) -> None:
        """Take a piece of a line that has not ended yet."""
        if not self._within_line and _MAYBE_CLOSING.match(self._held + piece):
            self._held += piece
        elif piece:
            self._write(piece)
            self._within_line = True

    def news(self) -> str:
        """What was added since this was last asked."""
        added = "".join(self._untold)
        self._untold.clear()
        return added

    def _write(self, piece: str) -> None:
        if not self._within_line:
            piece = self._held + piece
            self._held = ""
            standing_in = len(piece) - len(piece.lstrip(" "))
            piece = piece[min(standing_in, self._indent) :]
        if piece:
            self._parts.append(piece)
            self._untold.append(piece)
