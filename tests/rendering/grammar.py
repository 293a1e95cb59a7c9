"""All that an answer's HTML may be made of. Anything else is a hole."""

import re

TEXT = r"[^<>]"
NAME = r"[^\"<>]*"
LINK = r'href="(?:https?|mailto):[^"<>]*"'
SAFE = r' target="_blank" rel="noopener noreferrer nofollow"'
DIRECTED = "p|li|h3|h4|h5|h6|blockquote"
COLOURS = "abcdfikmnstv"

TAGS = (
    r"</(?:p|li|h[3-6]|blockquote|ul|ol|table|thead|tbody|tr|th|td|div|pre|code|strong|em|del|sup|a|span|figure|figcaption|button)>",
    rf'<(?:{DIRECTED}) dir="auto">',
    r'<p class="verbatim" dir="auto">',
    r'<(?:th|td)(?: align="(?:left|right|center)")? dir="auto">',
    r"<(?:ul|ol|thead|tbody|table|tr|strong|em|del|code|br|hr|div)>",
    r'<ol start="[0-9]{1,9}">',
    r'<div class="table" role="group" aria-label="Table" tabindex="0">',
    r'<input type="checkbox"(?: checked="")? disabled="" aria-label="(?:Done|To do)">',
    r'<code class="math">',
    r'<pre class="math" dir="ltr" tabindex="0">',
    rf"<a(?: {LINK})?(?: class=\"image\")?{SAFE}>",
    rf'<figure class="code" aria-label="Code(?:: {NAME})?"><figcaption><span class="language">',
    r'<button type="button" data-copy>Copy</button>',
    r'<pre dir="ltr" tabindex="0">',
    rf'<span class="[{COLOURS}]">',
    r'<sup class="note">',
    r'<a href="#note-KEY-[0-9]+" role="doc-noteref"(?: id="ref-KEY-[0-9]+")?>',
    r'<div class="note" role="doc-footnote" id="note-KEY-[0-9]+"><span class="label">',
    r'<a href="#ref-KEY-[0-9]+" role="doc-backlink">',
)


def reads(html: str, key: str) -> bool:
    """Whether HTML is made of nothing but what is listed here."""
    tags = "|".join(TAGS).replace("KEY", re.escape(key))
    return re.fullmatch(rf"(?:{TEXT}|{tags})*+", html) is not None
