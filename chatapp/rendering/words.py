"""Words as they may be kept and shown, free of what no database and no page can hold."""

import re
import unicodedata

# Letters and signs by category, and yet blank: fillers, a braille cell without dots, joiners, variation selectors.
_BLANK_ALL_THE_SAME = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f" + "".join(map(chr, range(0xFE00, 0xFE10))))
_UNFIT = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """The same text, with NUL and lone surrogates replaced by U+FFFD. Nothing else changes."""
    return _UNFIT.sub("\ufffd", text) if _UNFIT.search(text) else text


def visible(text: str) -> str:
    """The text from the first character that can be seen; empty when there is none. Its end may hold it together."""
    begins_at = next((at for at, character in enumerate(text) if not _is_blank(character)), len(text))
    return text[begins_at:].rstrip()


def _is_blank(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "Z" or category in ("Cc", "Cf") or character in _BLANK_ALL_THE_SAME


def escape(text: str) -> str:
    """Text as it stands between two tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_attribute(text: str) -> str:
    """Text as it stands between the double quotes of an attribute."""
    return escape(text).replace('"', "&quot;")
