"""What people get to read from the simulated Claude."""

import base64

import pytest

from tests.simulator.talk import ask, ask_whole
from tests.stand_in import StandIn, standing_in

BREAD = "How do I make sourdough bread rise better in a cold kitchen?"


def test_a_question_is_answered_in_the_order_of_events_of_the_real_api(claude: StandIn) -> None:
    heard = ask(claude, BREAD)
    kinds = [event.type for event in heard.events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert set(kinds[2:-3]) == {"content_block_delta"}
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert heard.stop_reason == "end_turn"
    assert "sourdough" in heard.text.lower()
    usage = heard.all("message_delta")[0].usage
    assert usage.output_tokens == len(heard.all("content_block_delta"))
    assert 1 <= heard.start.usage.output_tokens <= 5


def test_the_same_question_gets_the_same_words_streamed_or_not(claude: StandIn) -> None:
    heard = ask(claude, BREAD)
    message = ask_whole(claude, BREAD)
    assert message.content[0].text == heard.text
    assert message.usage.output_tokens == heard.all("message_delta")[0].usage.output_tokens
    assert message.id != heard.start.id


def test_another_seed_gives_other_words() -> None:
    with standing_in(seed=1) as one, standing_in(seed=2) as two:
        assert ask(one, BREAD).text != ask(two, BREAD).text


@pytest.mark.parametrize(
    ("question", "sign"),
    [
        ("Write a Python function that counts words", "```python"),
        ("Compare tea versus coffee", "| :--- |"),
        ("Prove a formula about probability", "$"),
        ("A checklist for moving house", "- [ ]"),
        ("ما هي عاصمة مصر؟", "الجواب"),
        ("日本の歴史について教えてください", "結論"),
    ],
)
def test_the_answer_has_the_form_and_the_script_that_was_asked_for(claude: StandIn, question: str, sign: str) -> None:
    text = ask(claude, question).text
    assert sign in text or (sign == "| :--- |" and "|---|" in text)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        (BREAD, "Making Sourdough Bread Rise"),
        ("What's the difference between TCP and UDP?", "TCP and UDP"),
        ("Python?", "Questions About Python"),
        ("[[tokens:30]] hi", "A First Conversation"),
    ],
)
def test_a_title_is_three_to_six_words_of_the_conversation(claude: StandIn, question: str, title: str) -> None:
    material = f"<question>\n{question}\n</question>\n<answer>\nSome answer.\n</answer>"
    heard = ask(claude, material, system="Reply with a title of three to six words.", max_tokens=64)
    assert heard.text == title
    assert 3 <= len(title.split()) <= 6


def test_a_summary_is_plain_prose_about_what_was_asked(claude: StandIn) -> None:
    turns = [
        {"role": "user", "content": "Explain quantum entanglement"},
        {"role": "assistant", "content": "It is like this."},
        {"role": "user", "content": "And how do I learn Rust?"},
    ]
    text = ask(claude, turns, system="Summarise the conversation.", max_tokens=1000).text
    assert "quantum entanglement" in text
    assert "Rust" in text
    assert "\n" not in text


def test_a_system_prompt_that_speaks_of_titles_does_not_make_a_title_of_every_answer(claude: StandIn) -> None:
    assert len(ask(claude, BREAD, system="Give every table a title and end with a summary.").text.split()) > 10


def test_an_answer_cut_off_by_max_tokens_is_continued_where_it_stopped(claude: StandIn) -> None:
    whole = ask(claude, BREAD).text
    first = ask(claude, BREAD, max_tokens=40)
    assert first.stop_reason == "max_tokens"
    assert first.all("message_delta")[0].usage.output_tokens == 40
    turns = [
        {"role": "user", "content": BREAD},
        {"role": "assistant", "content": first.text},
        {"role": "user", "content": "Continue it exactly where it stopped."},
    ]
    assert first.text + ask(claude, turns).text == whole


def test_a_stop_sequence_ends_the_answer_before_it(claude: StandIn) -> None:
    heard = ask(claude, "[[tokens:50]]", stop_sequences=["walk"])
    assert heard.text == "the small steps of a long "
    assert heard.stop_reason == "stop_sequence"
    assert heard.all("message_delta")[0].delta.stop_sequence == "walk"


@pytest.mark.parametrize("number", [1, 59, 60, 300])
def test_exactly_so_many_tokens_come_one_by_one_when_asked(claude: StandIn, number: int) -> None:
    heard = ask(claude, f"[[tokens:{number}]] [[pace:0]]")
    assert len(heard.all("content_block_delta")) == number
    assert heard.all("message_delta")[0].usage.output_tokens == number


def test_exactly_these_words_come_when_asked(claude: StandIn) -> None:
    words = '<b>&amp;</b> {"json": [1]} \x00 \u2028 ﷽ 👩\u200d👩\u200d👧 e\u0301 \\n \r\n end'
    marker = base64.b64encode(words.encode()).decode()
    assert ask(claude, f"[[say:{marker}]]").text == words


def test_thinking_is_told_in_summary_only_to_those_who_ask_for_it(claude: StandIn) -> None:
    hidden = ask(claude, "Why? [[think:0.2]]", thinking={"type": "adaptive"})
    told = ask(claude, "Why? [[think:0.2]]", thinking={"type": "adaptive", "display": "summarized"})
    for heard in (hidden, told):
        assert heard.all("content_block_start")[0].content_block.type == "thinking"
        kinds = [event.delta.type for event in heard.all("content_block_delta") if event.index == 0]
        assert kinds[-1] == "signature_delta"
        assert ("thinking_delta" in kinds) == (heard is told)
        usage = heard.all("message_delta")[0].usage
        assert usage.output_tokens_details.thinking_tokens == 12
        assert heard.text


def test_thinking_counts_towards_max_tokens_and_may_leave_no_room_for_words(claude: StandIn) -> None:
    heard = ask(claude, "Why? [[think:1]] [[tokens:20]]", thinking={"type": "adaptive"}, max_tokens=30)
    assert heard.stop_reason == "max_tokens"
    assert heard.text == ""
    assert heard.all("message_delta")[0].usage.output_tokens == 30


@pytest.mark.parametrize(
    ("model", "thinking"),
    [("claude-sonnet-5-5", {"type": "between_tools"}), ("claude-haiku-5-5", {"type": "disabled"})],
)
def test_nobody_thinks_who_was_told_not_to(claude: StandIn, model: str, thinking: dict[str, str]) -> None:
    for number in range(5):
        heard = ask(claude, f"Question {number}", model=model, thinking=thinking, output_config={"effort": "low"})
        assert heard.all("content_block_start")[0].content_block.type == "text"


def test_questions_that_follow_each_other_without_an_answer_are_fine(claude: StandIn) -> None:
    turns = [{"role": "user", "content": "One"}, {"role": "user", "content": "Two"}]
    assert ask(claude, turns).complete


def test_limits_and_ids_come_with_every_answer(claude: StandIn) -> None:
    first, second = ask(claude, "hello"), ask(claude, "hello")
    assert first.headers["request-id"] != second.headers["request-id"]
    assert first.headers["anthropic-organization-id"]
    for bucket in ("requests", "tokens", "input-tokens", "output-tokens"):
        assert int(first.headers[f"anthropic-ratelimit-{bucket}-remaining"]) > 0
        assert first.headers[f"anthropic-ratelimit-{bucket}-reset"].endswith("Z")
