"""Code as it is shown: a label, a button to copy it, and colours once it is complete."""

from functools import cache, lru_cache
from itertools import groupby
from time import thread_time

from pygments import token
from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.token import _TokenType

from chatapp.rendering.words import escape, escape_attribute

# Colouring costs more than a millisecond per thousand characters, on the loop that serves the streams.
LONGEST_COLOURED = 12_000
# Nobody reads colours in longer lines, and a lexer that goes astray does so within a line,
LONGEST_COLOURED_LINE = 500
# or looks at all that follows from every word.
LONGEST_COLOURING_SECONDS = 0.06
TOKENS_A_LOOK = 8
# The languages that people read in a chat. Not all that Pygments knows: a lexer is a pile of regular expressions,
# and the rarer ones have held slow traps.
COLOURED = frozenset(
    {
        *("awk", "bash", "batch", "c", "clojure", "cmake", "cpp", "csharp", "css", "dart", "diff", "docker", "elixir"),
        *("elm", "erlang", "fish", "fortran", "fsharp", "go", "graphql", "groovy", "haskell", "html", "http", "ini"),
        *("java", "javascript", "json", "jsx", "julia", "kotlin", "lua", "make", "nginx", "nixos"),
        *("objective-c", "ocaml", "perl", "php", "postgresql", "powershell", "prolog", "protobuf", "pycon", "python"),
        *("ruby", "rust", "scala", "scheme", "scss", "splus", "sql", "swift", "tcl", "terraform", "toml", "typescript"),
        *("vb.net", "verilog", "vhdl", "vim", "xml", "yaml", "zig"),
    }
)
NICKNAMES = {"jsonc": "json", "kt": "kotlin", "patch": "diff", "svg": "xml", "tsx": "typescript"}
# Every class a piece of code may have; static/css/highlight.css gives each its colour.
CLASSES: dict[_TokenType, str] = {
    token.Comment: "c",
    token.Comment.Preproc: "m",
    token.Keyword: "k",
    token.Keyword.Type: "t",
    token.Literal.String: "s",
    token.Literal.Number: "n",
    token.Name.Attribute: "a",
    token.Name.Builtin: "b",
    token.Name.Class: "t",
    token.Name.Decorator: "m",
    token.Name.Exception: "t",
    token.Name.Function: "f",
    token.Name.Namespace: "t",
    token.Name.Tag: "k",
    token.Name.Variable: "v",
    token.Operator.Word: "k",
    token.Generic.Deleted: "d",
    token.Generic.Heading: "k",
    token.Generic.Inserted: "i",
    token.Generic.Prompt: "c",
    token.Generic.Subheading: "k",
}


# How deep within its block the `<code>` stands that frame() makes.
DEPTH = 3


def figure(language: str, source: str, complete: bool) -> str:
    """A block of code. The text of its `<code>` is the source, character for character."""
    return frame(language, colour(language, source) if complete else escape(source))


def frame(language: str, inside: str) -> str:
    """The figure around a piece of code that is already escaped."""
    name = f"Code: {escape_attribute(language)}" if language else "Code"
    return (
        f'<figure class="code" aria-label="{name}"><figcaption><span class="language">{escape(language)}</span>'
        '<button type="button" data-copy>Copy</button></figcaption>'
        f'<pre dir="ltr" tabindex="0"><code>{inside}</code></pre></figure>'
    )


def colour(language: str, source: str) -> str:
    """Escaped source, in spans that say what each word is if the language is known."""
    lexer = _lexers().get(language.lower())
    if lexer and len(source) <= LONGEST_COLOURED and max(map(len, source.split("\n"))) <= LONGEST_COLOURED_LINE:
        return _coloured(lexer, source)
    return escape(source)


@cache
def _lexers() -> dict[str, str]:
    """Every name of a language that we colour, and the name of its lexer."""
    names = {
        alias: aliases[0]
        for _, aliases, _, _ in get_all_lexers(plugins=False)
        if aliases and aliases[0] in COLOURED
        for alias in aliases
    }
    return names | NICKNAMES


@lru_cache(maxsize=512)
def _coloured(lexer_name: str, source: str) -> str:
    lexer = get_lexer_by_name(lexer_name, stripnl=False, ensurenl=False)
    tokens = _tokens(lexer, source)
    if "".join(piece for _, piece in tokens) != source:
        # Out of patience, or a lexer that tidies what it reads: what is copied must be what was written.
        return escape(source)
    shown = []
    for name, run in groupby(tokens, key=lambda pair: _class(pair[0])):
        piece = escape("".join(piece for _, piece in run))
        shown.append(f'<span class="{name}">{piece}</span>' if name else piece)
    return "".join(shown)


def _tokens(lexer: Lexer, source: str) -> list[tuple[_TokenType, str]]:
    """As many as patience allows; the clock is looked at now and then, for a look takes as long as a token."""
    until = thread_time() + LONGEST_COLOURING_SECONDS
    found: list[tuple[_TokenType, str]] = []
    for pair in lexer.get_tokens(source):
        found.append(pair)
        if not len(found) % TOKENS_A_LOOK and thread_time() > until:
            break
    return found


@cache
def _class(kind: _TokenType) -> str:
    """The class of the nearest kind above that has one."""
    while kind not in CLASSES and kind.parent:
        kind = kind.parent
    return CLASSES.get(kind, "")


def forget() -> None:
    """Colour everything anew, as a process does that has just begun."""
    _coloured.cache_clear()
