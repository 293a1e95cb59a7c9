"""What Claude is told always makes a request that the API accepts."""

from hypothesis import given
from hypothesis import strategies as st

from chatapp.context import briefing
from chatapp.context.briefing import Exchange, Terms

SYSTEM = "You help. " * 30

texts = st.text(st.characters(codec="utf-8"), max_size=200)
questions = texts.filter(str.strip)
histories = st.lists(st.builds(Exchange, texts, texts), max_size=8)


def told(history: list[Exchange], question: str, carried: str = "") -> briefing.Briefing:
    return briefing.for_answer(history, question, carried=carried, system=SYSTEM, terms=Terms(1000))


@given(histories, questions, texts)
def test_roles_alternate_from_user_to_user_and_no_block_is_empty(
    history: list[Exchange], question: str, carried: str
) -> None:
    messages = told(history, question, carried).messages
    assert [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2) + ["user"]
    assert all(block["text"].strip() for message in messages for block in message["content"])


@given(histories, questions, texts)
def test_the_bound_is_never_below_one_token_per_byte(history: list[Exchange], question: str, carried: str) -> None:
    asked = told(history, question, carried)
    said = [block["text"] for message in asked.messages for block in message["content"]]
    assert asked.prompt_bound >= len("".join([SYSTEM, *said]).encode())


@given(histories, questions, questions)
def test_what_was_told_before_is_told_in_the_same_words_again(history: list[Exchange], first: str, second: str) -> None:
    before = told(history, first)
    after = told([*history, Exchange(first, "an answer")], second)
    unmarked = [{**m, "content": [{"type": "text", "text": b["text"]} for b in m["content"]]} for m in before.messages]
    assert after.system == before.system
    assert list(after.messages[: len(unmarked)]) == unmarked
