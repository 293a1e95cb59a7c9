"""Texts that an answer could be: pieces of markdown that mean something else as soon as another piece follows."""

from hypothesis import strategies as st

_INDENTS = st.sampled_from(["", "", "", "", " ", "  ", "   ", "    ", "      ", "\t", "> ", "- ", "1. ", ">"])
_STARTS = st.sampled_from(
    [
        *("", "", "", "- ", "* ", "+ ", "-", "*", "1. ", "2. ", "1) ", "10. ", "1.", "12", "- [ ] "),
        *("- [x] ", "-\t", "# ", "#", "### ", "####### ", "> ", ">", "```", "```py", "``", "~~~", "~~~ a`b"),
        *("````", "`` `", "---", "***", "===", "--", "- - -", "* * *", "___", "$$", "\\[", "\\]", "$$ "),
        *("| a | b |", "|---|:-:|", "a | b", "--|--", "[a]: ", "[a]: /u", "[b c]: http://x.y/z"),
        *("[a]: <http://q.r> 'ti", "[^1]: ", "[^n]: ", "[^1]:", "[a]:", "<div>", "</div>", "<!-- "),
        *("<script>", "<b>", "<hx-partial hx-target='#a'>", "<?", "<![CDATA[", "[^", "\u3000"),
    ]
)
_WORDS = st.sampled_from(
    [
        *("word", "two words", "a", "b", " ", "  ", "   ", ",", ".", "1", "12", "1.", "2)", "é", "日本語"),
        *("हिन्दी", "می\u200cشود", "«", "。", "「", "」", "✅", "*", "**", "***", "_", "__", "~", "~~", "`"),
        *("``", "```", "$", "$$", "$5", "\\(", "\\)", "\\[", "\\]", "\\", "\\*", "[", "]", "[a]", "[A]"),
        *("[b c]", "[b  C]", "[a][b c]", "[^1]", "[^n]", "[^1][^n]", "(", ")", "](", "![", "![i](/j)", "<"),
        *(">", "<b>", "</b>", "<a@b.c>", "<http://x>", "<!-- ", "-->", "&", "&amp;", "&lt", ";", "&#0;", '"'),
        *("'", "!", "http://x.y", "https://a.b/c_d_", "www.x", "www.", "w", "a@b.c", ":", "/", "//", "@"),
        *("mailto:", "|", "||", "#", "-", "+", "=", "==", "--", "%", "{", "}", "?", "\xa0", "\u200b"),
        *("\ufeff", "\u2028", "\x0b", "\x0c", "\x85", "\x00", "\ud83d", "😀", "\ufe0f", "(http://x 't"),
        *("[x](javascript:a)", "[x](y 'z", "\t", "foo.bar", "a_b_c", "1995"),
    ]
)
_ENDS = st.sampled_from(
    ["\n", "\n", "\n", "\n\n", "\n\n\n", "\r\n", "\r", "\n \n", "\r\n\r\n", "", "  \n", "\\\n", " |\n"]
)

lines = st.builds(
    lambda indent, start, words, end: indent + start + "".join(words) + end,
    _INDENTS,
    _STARTS,
    st.lists(_WORDS, max_size=5),
    _ENDS,
)
texts = st.lists(lines, max_size=9).map("".join)
sizes = st.lists(st.integers(1, 24), min_size=1, max_size=12)


def pieces(text: str, lengths: list[int]) -> list[str]:
    """The text in pieces of these lengths, over and over."""
    found, position, turn = [], 0, 0
    while position < len(text):
        found.append(text[position : position + lengths[turn % len(lengths)]])
        position += lengths[turn % len(lengths)]
        turn += 1
    return found
