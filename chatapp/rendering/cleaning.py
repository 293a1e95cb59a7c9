"""HTML with nothing in it that is not on our list, whoever wrote it.

Most blocks hold nothing but words, bare tags and links to the web. One expression that has no room for anything else
reads those, and what the sanitiser would write then is known; whatever it cannot read to its end goes to the sanitiser.
"""

import re
from typing import Final

import nh3

_DIRECTED: Final = ("p", "li", "h3", "h4", "h5", "h6", "td", "th", "blockquote")
_SAFE: Final = "noopener noreferrer nofollow"
_ALIGN: Final = {"align": {"left", "center", "right"}}
# Every class in what leaves this room is one of these or one that the code's figure has.
_CLASSES: Final = {"a": {"image"}, "code": {"math"}, "div": {"table"}, "p": {"verbatim"}, "sup": {"note"}}
_CLEANER: Final = nh3.Cleaner(
    tags={
        *("p", "br", "hr", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "strong", "em", "del", "sup", "a"),
        *("ul", "ol", "li", "input", "div", "table", "thead", "tbody", "tr", "th", "td"),
    },
    attributes={"*": set(), "a": {"href"}, "ol": {"start"}, "pre": {"lang"}, "input": {"type", "disabled"}},
    tag_attribute_values={
        "div": {"role": {"group"}, "aria-label": {"Table"}, "tabindex": {"0"}},
        "input": {"checked": {""}, "aria-label": {"Done", "To do"}},
        "td": _ALIGN,
        "th": _ALIGN,
    },
    set_tag_attribute_values={
        "a": {"target": "_blank"},
        "input": {"type": "checkbox", "disabled": ""},
        **{tag: {"dir": "auto"} for tag in _DIRECTED},
    },
    allowed_classes=_CLASSES,
    link_rel=_SAFE,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    clean_content_tags=set(),
)

WRAPPED: Final = '<div class="table" role="group" aria-label="Table" tabindex="0"><table>'
_WITHIN_LINE: Final = "/?(?:strong|em|code|del)>"
_PART: Final = "[a-z0-9]+(?:-[a-z0-9]+)*"
_ADDRESS: Final = rf"https?://(?:{_PART}\.)+[a-z]{{2,}}(?:/[\w./~#?=:+-]*)?"
# By their first letters, for it is read at every tag of every frame.
_SPARING: Final = re.compile(
    r"[^<]*+(?:<(?:/(?:p|li|[uo]l|h[3-6]|t(?:[dhr]|able></div|head|body)|blockquote)>|p>|li>|[uo]l>"
    r'|blockquote>|[bh]r />|t(?:[dhr]>|[dh] align="(?:left|right|center)">|head>|body>)|h[3-6]>'
    rf"|{_WITHIN_LINE}|{WRAPPED[1:]}"
    # A link never stands in another one. No group is possessive, which was wrong until Python 3.11.5: these give back
    # one tag after the other, and none can be read in another way.
    rf'|a href="{_ADDRESS}">[^<]*+(?:<{_WITHIN_LINE}[^<]*+)*</a>)[^<]*+)*',
    re.ASCII,
)
_ODD_REFERENCE: Final = re.compile("&(?!(?:amp|lt|gt|quot);)")
_AS_WRITTEN: Final = (("<br />", "<br>"), *((f"<{tag}>", f'<{tag} dir="auto">') for tag in _DIRECTED[:2]))
_MORE_AS_WRITTEN: Final = (
    ("<hr />", "<hr>"),
    *((f"<{tag}>", f'<{tag} dir="auto">') for tag in _DIRECTED[2:]),
    *((f'align="{way}">', f'align="{way}" dir="auto">') for way in _ALIGN["align"]),
)
_LINKED: Final = re.compile(r'<a href="[^"]*"')


def sanitise(raw: str) -> str:
    return _written(raw) if _is_sparing(raw) else _CLEANER.clean(raw)


def _is_sparing(raw: str) -> bool:
    if "\xa0" in raw or "\x00" in raw or "\r" in raw or not _SPARING.fullmatch(raw):
        return False
    # What the expression takes for words has no `<`; nor may it have a `>`.
    return raw.count("<") == raw.count(">") and not ("&" in raw and _ODD_REFERENCE.search(raw))


def _written(raw: str) -> str:
    """What the sanitiser writes for HTML of which it takes nothing away."""
    if "&quot;" in raw:
        raw = raw.replace("&quot;", '"')
    for tag, written in _AS_WRITTEN:
        raw = raw.replace(tag, written)
    if "<h" in raw or "<t" in raw or "<bl" in raw:
        for tag, written in _MORE_AS_WRITTEN:
            raw = raw.replace(tag, written)
    if "<a" in raw:
        raw = _LINKED.sub(_link, raw)
    return raw


def _link(match: re.Match[str]) -> str:
    return f'{match[0]} target="_blank" rel="{_SAFE}"'
