"""Chores beside the conversation: a title of a few words, a summary of a few sentences."""

import re
from collections.abc import Sequence

from chatapp.simulator import topics
from chatapp.simulator.markers import strip
from chatapp.simulator.prompt import Prompt

TITLE = re.compile(r"\b(?:titles?|name (?:the|this|a) (?:chat|conversation)|names? conversations)\b", re.IGNORECASE)
SUMMARY = re.compile(r"\b(?:summar(?:y|ies|i[sz]e\w*)|digests?|condense)\b", re.IGNORECASE)
QUOTED = re.compile(
    r"<(question|user|human|message|conversation|transcript)[^>]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE
)
LABELLED = re.compile(r"^\W*(?:user|human|question|person|q)\W*:\s*(.+)", re.IGNORECASE | re.MULTILINE)
SMALL_WORDS = frozenset(re.findall(r"\w+", "a an and as at but by for from in into of on or the to with"))
# An ordinary system prompt may well speak of titles and summaries; only a chore is asked for in so few tokens.
TITLE_MAX_TOKENS, SUMMARY_MAX_TOKENS = 256, 2_048
TITLE_WORDS = (3, 6)
UNSPACED_CHARACTERS = 14


def chore(prompt: Prompt) -> str:
    """What is wanted: `title`, `summary`, or `question` when somebody is simply talking."""
    instructions = prompt.system or prompt.question[:400]
    if prompt.max_tokens <= TITLE_MAX_TOKENS and TITLE.search(instructions):
        return "title"
    if prompt.max_tokens <= SUMMARY_MAX_TOKENS and SUMMARY.search(prompt.system):
        return "summary"
    return "question"


def title(prompt: Prompt) -> str:
    """Three to six words of the conversation's own, without quotation marks or a full stop."""
    for question in told(prompt):
        words = topics.phrase(question, TITLE_WORDS[1]).split()
        if words and not words[0].isascii() and len(words) < TITLE_WORDS[0]:
            return " ".join(words)[:UNSPACED_CHARACTERS]
        if words:
            return capital(lengthened(words))
    return "A First Conversation"


def lengthened(words: list[str]) -> list[str]:
    if len(words) == 1:
        return ["Questions", "About", *words]
    if len(words) == 2:
        return ["Tips", "for", *words] if words[0].endswith("ing") else ["Understanding", *words]
    return words


def capital(words: list[str]) -> str:
    shown = [
        word if number and word.lower() in SMALL_WORDS else word[:1].upper() + word[1:]
        for number, word in enumerate(words)
    ]
    return " ".join(shown).strip("\"'.,;:!?()“”")


def summary(prompt: Prompt) -> str:
    questions = [topics.phrase(question) for question in told(prompt)]
    asked = list(dict.fromkeys(question for question in questions if question))[:6] or ["a few general things"]
    words = topics.keywords(" ".join(told(prompt)), 6)
    sentences = [f"The person asked about {listed(asked)}."]
    if words:
        sentences.append(f"The answers dealt with {listed(words)}, with examples and the reasons behind them.")
    sentences.append("Nothing was left open except what the next question may ask.")
    return " ".join(sentences)


def told(prompt: Prompt) -> list[str]:
    """The questions in the material, whether it is quoted, labelled line by line, or a real conversation."""
    material = strip("\n".join(prompt.questions))
    quoted = [text.strip() for _, text in QUOTED.findall(material)]
    labelled = LABELLED.findall("\n".join(quoted) or material)
    spoken = [strip(text) for text in prompt.questions if not TITLE.search(text[:200])]
    return labelled or quoted or spoken or [material]


def listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
