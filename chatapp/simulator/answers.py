"""What the simulated Claude says: the same words for the same question and seed, about what was asked."""

import random
import re
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from chatapp.simulator import prose, snippets, titles, tokens, tongues, topics
from chatapp.simulator.markers import Wish, read, strip
from chatapp.simulator.prompt import Prompt, text_of

GREETING = re.compile(r"\W*(?:hi|hello|hey|good (?:morning|day|evening)|greetings)\b[^?]{0,20}", re.IGNORECASE)
BRIEFLY = re.compile(r"\b(?:brief|briefly|short|shortly|one sentence|tl;?dr|in a word|quick(?:ly)?)\b", re.IGNORECASE)
AT_LENGTH = re.compile(r"\b(?:detail|in depth|essay|thorough|long|comprehensive|everything|complete)", re.IGNORECASE)
GO_ON = re.compile(r"\b(?:continue|go on|carry on|keep going)\b", re.IGNORECASE)
USUAL_PACE = 60.0
LIKELIHOOD_OF_THINKING = {"low": 0.25, "medium": 0.5, "high": 0.75, "xhigh": 0.9, "max": 1.0}
REFUSAL_CATEGORIES = ("cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms")
BILLED_REFUSALS = frozenset({"bio", "frontier_llm", "reasoning_extraction"})


@dataclass(frozen=True, slots=True)
class Answer:
    """The words, the thinking before them, and why they end; `pace` is in tokens a second, 0 means at once."""

    text: str
    stop_reason: str = "end_turn"
    stop_sequence: str | None = None
    stop_details: dict[str, Any] | None = None
    thinking_tokens: int = 0
    thinking_seconds: float = 0.0
    thinks_aloud: bool = False
    pace: float = USUAL_PACE
    first_token_seconds: float = 0.5


def compose(prompt: Prompt, wish: Wish, seed: int, usual_pace: float) -> Answer:
    pace = usual_pace if wish.pace is None else wish.pace
    # Whoever writes faster than usual also thinks and begins faster.
    haste = min(1.0, USUAL_PACE / pace) if pace else 0.0
    tempo = random.Random(prompt.fingerprint(seed) + 1)
    first_token_seconds = tempo.uniform(0.3, 0.8) * haste
    seconds = thinking_seconds(prompt, tempo) if wish.think_seconds is None else wish.think_seconds
    text, sequence = stopped(spoken(prompt, wish, seed), prompt)
    reason = wish.stop_reason or ("stop_sequence" if sequence else "end_turn")
    return Answer(
        text=text,
        stop_reason=reason,
        stop_sequence=sequence,
        stop_details=refusal_details() if reason == "refusal" else None,
        first_token_seconds=first_token_seconds,
        thinking_tokens=int(seconds * USUAL_PACE),
        thinking_seconds=seconds * haste if wish.think_seconds is None else seconds,
        thinks_aloud=prompt.thinking.get("display") == "summarized",
        pace=pace,
    )


def spoken(prompt: Prompt, wish: Wish, seed: int) -> str:
    if wish.say is not None:
        return wish.say
    return written(prompt, seed) if wish.tokens is None else short_words(wish.tokens)


def short_words(number: int) -> str:
    """Exactly so many tokens, a new paragraph every sixty."""
    words = islice(cycle(prose.SHORT_WORDS), number)
    parted = ((" " if at % 60 else "\n\n") + word if at else word for at, word in enumerate(words))
    return "".join(parted)


def written(prompt: Prompt, seed: int) -> str:
    chore = titles.chore(prompt)
    if chore == "title":
        return titles.title(prompt)
    if chore == "summary":
        return titles.summary(prompt)
    if GO_ON.search(prompt.question) and (rest := continued(prompt, seed)):
        return rest
    dice = random.Random(prompt.fingerprint(seed))
    question = strip(prompt.question)
    script = tongues.script_of(question)
    if script:
        return foreign(question, script, dice)
    if len(question) < 40 and GREETING.fullmatch(question):
        return dice.choice(prose.GREETINGS)
    return english(prompt, question, dice)


def continued(prompt: Prompt, seed: int) -> str | None:
    """The rest of an answer that was cut off, if it was one of ours."""
    messages = prompt.body["messages"]
    if len(messages) < 3 or messages[-2]["role"] != "assistant":
        return None
    earlier = Prompt({**prompt.body, "messages": messages[:-2]}, prompt.model)
    said: str = text_of(messages[-2]["content"])
    whole = spoken(earlier, read(earlier.question), seed)
    return whole[len(said) :] if whole.startswith(said) and len(whole) > len(said) else None


def foreign(question: str, script: str, dice: random.Random) -> str:
    opening, *middle, closing = tongues.PASSAGES[script]
    topic = " ".join(question.split())[:40].rstrip(" ?.!\u061f\u3002\uff1f")
    chosen = dice.sample(middle, dice.randint(1, len(middle)))
    return "\n\n".join(passage.replace("{topic}", topic) for passage in (opening, *chosen, closing))


def english(prompt: Prompt, question: str, dice: random.Random) -> str:
    words = filling(question)
    if BRIEFLY.search(question) and not called_for(question):
        return dice.choice(prose.BRIEF).format_map(words)
    opening = dice.choice(prose.FOLLOW_UPS if len(prompt.questions) > 1 and dice.random() < 0.6 else prose.OPENINGS)
    parts = [opening.format_map(words)]
    parts += [passage(kind, question, words, dice) for kind in kinds(question, dice)]
    if len(parts) > 2:
        parts.append(dice.choice(prose.CLOSINGS).format_map(words))
    return "\n\n".join(parts)


def passage(kind: str, question: str, words: dict[str, str], dice: random.Random) -> str:
    return code(question, dice) if kind == "code" else dice.choice(prose.PASSAGES[kind]).format_map(words)


def kinds(question: str, dice: random.Random) -> list[str]:
    """The kinds of passage of one answer: what the question calls for first, then whatever the dice say."""
    asked = called_for(question)
    number = dice.randint(6, 9) if AT_LENGTH.search(question) else dice.choice((1, 2, 2, 3, 3, 4, 5))
    spare = () if AT_LENGTH.search(question) else ("maths",)
    others = [kind for kind in prose.PASSAGES if kind not in asked and kind not in spare]
    dice.shuffle(others)
    # An answer that nobody asked to be anything else begins with a plain paragraph.
    others.sort(key=lambda kind: kind != "prose")
    return [*asked, *others][: max(number, len(asked))]


def called_for(question: str) -> list[str]:
    """The kinds of passage that the question asks for by name."""
    asked = [kind for kind, hint in prose.WANTED if re.search(hint, question, re.IGNORECASE)]
    return ["code", *asked] if language_of(question) else asked


def code(question: str, dice: random.Random) -> str:
    language = language_of(question) or dice.choice(list(snippets.CODE))
    lead = dice.choice(("Here is a small example:", "In code it looks like this:", "A version that you can run:"))
    return f"{lead}\n\n```{language}\n{snippets.CODE[language].strip()}\n```"


def language_of(question: str) -> str | None:
    words: list[str] = topics.WORD.findall(question.lower())
    for word in words:
        if word in snippets.CODE or word in snippets.ALIASES:
            return snippets.ALIASES.get(word, word)
    return None


def filling(question: str) -> dict[str, str]:
    topic = topics.phrase(question) or "your question"
    a, b, c, *_ = [*topics.keywords(question, 3), "the goal", "the details", "the result"]
    shown = topic if topic[:2].isupper() else topic[:1].lower() + topic[1:]
    return {
        "topic": shown, "topic_start": topic[:1].upper() + topic[1:],
        "a": a, "b": b, "c": c,
        "a_start": a.capitalize(), "b_start": b.capitalize(), "c_start": c.capitalize(),
        "a_code": a.replace(" ", "_"), "b_code": b.replace(" ", "_"),
    }  # fmt: skip


def stopped(text: str, prompt: Prompt) -> tuple[str, str | None]:
    """The text up to the first stop sequence in it."""
    found = [(text.find(mark), mark) for mark in prompt.body.get("stop_sequences") or () if mark and mark in text]
    if not found:
        return text, None
    at, mark = min(found)
    return text[:at], mark


def thinking_seconds(prompt: Prompt, tempo: random.Random) -> float:
    if prompt.thinking["type"] in ("disabled", "between_tools"):
        return 0.0
    chance = 1.0 if prompt.thinking["type"] == "enabled" else LIKELIHOOD_OF_THINKING[prompt.effort]
    is_chore = titles.chore(prompt) != "question"
    return 0.0 if is_chore or tempo.random() > chance else tempo.uniform(1.0, 3.0)


def refusal_details(category: str | None = "cyber") -> dict[str, Any]:
    known = category if category in REFUSAL_CATEGORIES else None
    return {
        "type": "refusal",
        "category": known,
        "explanation": "This request was declined by the simulated safety classifier." if known else None,
    }


def first_pieces(text: str, number: int) -> str:
    """The text up to its n-th token."""
    ends = [piece.end() for piece in islice(tokens.pieces(text), number)]
    return text[: ends[-1]] if ends else ""
