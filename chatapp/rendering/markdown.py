"""Markdown into HTML: one parser that cannot pass HTML on, and one sanitiser behind it.

comrak, because it alone knows all of what Claude writes (tables, footnotes, maths in dollars and in backslashes,
emphasis in Chinese) at the speed of Rust; PyPI reads READMEs with the same binding. Only this file knows it, so that
the next parser has one file to replace.
"""

import re
from collections.abc import Callable
from functools import partial
from html import unescape
from urllib.parse import unquote

import comrak

from chatapp.rendering import code
from chatapp.rendering.cleaning import WRAPPED, sanitise
from chatapp.rendering.words import escape

Reference = Callable[[str], str]

# What the parser writes, as far as it is rewritten. Everything a person wrote is escaped in it, quotes too, so a tag or
# an attribute that matches is the parser's own.
_POSITION = re.compile(r' data-sourcepos="[\d:-]+"')
_MATHS = re.compile(r'<span data-math-style="(\w+)" data-sourcepos="(\d+):(\d+)-[^"]*">(.*?)</span>', re.DOTALL)
_HEADING = re.compile(r"<(/?)h([1-6])>")
_LINKS_AND_IMAGES = re.compile(r"<a [^>]*>.*?</a>|<img [^>]*>", re.DOTALL)
_IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^>]*>')
_NOTE = re.compile(r'<sup class="footnote-ref"><a href="#fn-([^"]*)"[^>]*>[^<]*</a></sup>')
_NOTES_SECTION = '<section class="footnotes"'
_VERBATIM = re.compile(r"(^|(?:</(?:p|ul|ol|li|table|blockquote|h[1-6]|pre)>|<(?:li|blockquote|hr /)>)\n)(&lt;[^<]+)")
_DONE = (
    '<input type="checkbox" checked="" disabled="" />',
    '<input type="checkbox" checked="" disabled="" aria-label="Done" />',
)
_TO_DO = '<input type="checkbox" disabled="" />', '<input type="checkbox" disabled="" aria-label="To do" />'
_LOOSE_TASK = re.compile(r"(<input [^>]*>) \n<p>")
_PLACED_NOTE = re.compile(r'<sup class="note">(.*?)</sup>')
_CODE = re.compile(r'<pre(?: lang="([^"]*)")?><code>(.*?)</code></pre>', re.DOTALL)
_ONLY_CLOSED = re.compile(r"(?:\s*</[a-z0-9]+>)*\s*")
_CLOSED_FENCE = re.compile(r"\n[ \t>]*(?:`{3,}|~{3,})[ \t]*\n*\Z")


def html(source: str, preamble: str, refer: Reference, complete: bool) -> str:
    """The HTML of one block.

    `preamble` holds definitions from elsewhere in the answer, `refer` says what stands for a footnote's label, and an
    incomplete block may end in code that is still being written, which gets no colours yet.
    """
    shown = sanitise(_rewrite(source, preamble)).rstrip("\n")
    if '<sup class="note">' in shown:
        shown = _PLACED_NOTE.sub(lambda match: refer(unescape(match[1])), shown)
    if "<pre" in shown:
        shown = _draw_code(shown, complete or bool(_CLOSED_FENCE.search(source)))
    return shown


def _rewrite(source: str, preamble: str) -> str:
    """What the parser makes of a block, in the shape that our pages have; not yet sanitised."""
    text = f"{preamble}{source}\n"
    # Without a note that is known, what looks like one further in would vanish: it is not drawn where it stands.
    extensions = _WITH_NOTES if "[^" in preamble else _EXTENSIONS
    if "$" in source or "\\(" in source or "\\[" in source:
        raw = comrak.render_markdown(text, extensions, _PARSE, _WITH_POSITIONS)
        raw = _POSITION.sub("", _MATHS.sub(partial(_maths, text.encode().split(b"\n")), raw))
    else:
        raw = comrak.render_markdown(text, extensions, _PARSE, _PLAIN)
    if _NOTES_SECTION in raw:
        raw = raw[: raw.index(_NOTES_SECTION)]
        raw = _NOTE.sub(lambda match: f'<sup class="note">{escape(unquote(unescape(match[1])))}</sup>', raw)
    if "<h" in raw:
        raw = _HEADING.sub(_demote, raw)
    if "<img" in raw:
        raw = _LINKS_AND_IMAGES.sub(_unload, raw)
    if "<table" in raw:
        raw = raw.replace("<table>", WRAPPED).replace("</table>", "</table></div>")
    if "<input" in raw:
        raw = _LOOSE_TASK.sub(r"\n<p>\1 ", raw.replace(*_DONE).replace(*_TO_DO))
    if "&lt;" in raw:
        raw = _VERBATIM.sub(lambda match: f'{match[1]}<p class="verbatim">{match[2].rstrip()}</p>\n', raw)
    return raw


def _maths(lines: list[bytes], match: re.Match[str]) -> str:
    """A formula as it was written, its delimiters too: two prices in a line look like one, and must lose nothing."""
    style, line, column, formula = match.groups()
    # The parser counts columns in bytes; counting them in characters would cost it a look at the line for every node.
    position = int(column) - 1
    opening = lines[int(line) - 1][position : position + 2].decode(errors="ignore")
    if opening[:1] == "$":
        opening = closing = "$$" if style == "display" else "$"
    else:
        closing = {"\\(": "\\)", "\\[": "\\]"}.get(opening, "")
    return f'<code class="math">{opening}{formula}{closing}</code>'


def _demote(match: re.Match[str]) -> str:
    """The page itself has the first two levels."""
    return f"<{match[1]}h{min(int(match[2]) + 2, 6)}>"


def _unload(match: re.Match[str]) -> str:
    """An image becomes a link to it, and only its words within a link: nothing is fetched from elsewhere."""
    if match[0].startswith("<a"):
        return _IMAGE.sub(r"\2", match[0])
    return _IMAGE.sub(lambda image: f'<a href="{image[1]}" class="image">{image[2] or image[1]}</a>', match[0])


def _draw_code(shown: str, complete: bool) -> str:
    pieces: list[str] = []
    position = 0
    for match in _CODE.finditer(shown):
        language = unescape(match[1] or "").partition(" ")[0]
        done = complete or not _ONLY_CLOSED.fullmatch(shown, match.end())
        pieces += shown[position : match.start()], code.figure(language, unescape(match[2]), done)
        position = match.end()
    return "".join([*pieces, shown[position:]])


def _extensions(notes: bool) -> comrak.ExtensionOptions:
    options = comrak.ExtensionOptions()
    options.autolink = options.cjk_friendly_emphasis = options.strikethrough = options.table = options.tasklist = True
    options.math_dollars = options.math_latex = True
    options.footnotes = notes
    return options


def _render(positions: bool) -> comrak.RenderOptions:
    options = comrak.RenderOptions()
    # A line that ends in a chat ends on the page: verses and addresses are not run together.
    options.hardbreaks = True
    options.escape = options.github_pre_lang = True
    options.sourcepos = positions
    return options


_EXTENSIONS, _WITH_NOTES = _extensions(notes=False), _extensions(notes=True)
_PARSE = comrak.ParseOptions()
_PLAIN, _WITH_POSITIONS = _render(positions=False), _render(positions=True)
