"""What the simulated Claude reads from its prompt cache, what it writes, and how it explains a miss."""

import json
from typing import Any

import pytest

from chatapp.simulator import rules
from chatapp.simulator.cache import Cache, Split
from tests.simulator.talk import ask, ask_whole
from tests.stand_in import StandIn

# 3,600 bytes are 1,000 tokens.
THOUSAND = "abcdefghi " * 360
FIVE_MINUTES: dict[str, Any] = {"type": "ephemeral"}
AN_HOUR: dict[str, Any] = {"type": "ephemeral", "ttl": "1h"}


def part(text: str, mark: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "text", "text": text} | ({"cache_control": mark} if mark else {})


def split(cache: Cache, now: float, *, workspace: str = "ours", **body: Any) -> Split:
    """One whole request at that second."""
    asked = {"model": "claude-haiku-5-5", "max_tokens": 100, "messages": [{"role": "user", "content": "Hi!"}]}
    visit = cache.look(rules.read(asked | body), workspace, now)
    cache.begin(visit)
    return visit.split


def test_what_one_request_writes_the_next_one_reads() -> None:
    cache, system = Cache(), [part(THOUSAND, FIVE_MINUTES)]
    assert split(cache, 0, system=system) == Split(rest=1, write_5m=1000)
    assert split(cache, 1, system=system) == Split(rest=1, read=1000)


def test_nothing_can_be_read_before_the_answer_that_wrote_it_has_begun() -> None:
    cache = Cache()
    prompt = rules.read(
        {
            "model": "claude-haiku-5-5",
            "max_tokens": 100,
            "system": [part(THOUSAND, FIVE_MINUTES)],
            "messages": [{"role": "user", "content": "Hi!"}],
        }
    )
    first, second = cache.look(prompt, "ours", 0), cache.look(prompt, "ours", 0.1)
    assert first.split.write_5m == second.split.write_5m == 1000
    cache.begin(first)
    assert cache.look(prompt, "ours", 0.2).split.read == 1000


@pytest.mark.parametrize(("mark", "lifetime"), [(FIVE_MINUTES, 300), (AN_HOUR, 3600)])
def test_an_entry_lives_from_its_last_use_for_its_own_time(mark: dict[str, Any], lifetime: int) -> None:
    cache, system = Cache(), [part(THOUSAND, mark)]
    assert split(cache, 0, system=system).written == 1000
    assert split(cache, lifetime - 1, system=system).read == 1000
    assert split(cache, 2 * lifetime - 2, system=system).read == 1000
    assert split(cache, 3 * lifetime - 1, system=system).read == 0


@pytest.mark.parametrize(
    ("model", "minimum"), [("claude-haiku-5-5", 512), ("claude-sonnet-5", 1024), ("claude-opus-4-6", 4096)]
)
def test_a_prefix_below_the_models_minimum_is_not_cached(model: str, minimum: int) -> None:
    letters = "a" * (minimum * 36 // 10)
    assert split(Cache(), 0, model=model, system=[part(letters[:-4], FIVE_MINUTES)]).written == 0
    assert split(Cache(), 0, model=model, system=[part(letters, FIVE_MINUTES)]).written == minimum


def test_hours_and_minutes_in_one_prompt_are_counted_apart() -> None:
    cache = Cache()
    system, more = [part(THOUSAND, AN_HOUR)], [{"role": "user", "content": [part(THOUSAND, FIVE_MINUTES)]}]
    assert split(cache, 0, system=system, messages=more) == Split(rest=0, write_1h=1000, write_5m=1000)
    assert split(cache, 1, system=system, messages=more) == Split(rest=0, read=2000)
    assert split(cache, 1000, system=system, messages=more) == Split(rest=0, read=1000, write_5m=1000)


def test_a_growing_conversation_reads_what_it_had_and_writes_what_is_new() -> None:
    cache = Cache()
    turns: list[dict[str, Any]] = [{"role": "user", "content": THOUSAND}]
    assert split(cache, 0, messages=turns, cache_control=FIVE_MINUTES) == Split(rest=0, write_5m=1000)
    turns += [{"role": "assistant", "content": "a" * 36}, {"role": "user", "content": "b" * 36}]
    assert split(cache, 1, messages=turns, cache_control=FIVE_MINUTES) == Split(rest=0, read=1000, write_5m=20)
    turns[0] = {"role": "user", "content": THOUSAND + "!"}
    assert split(cache, 2, messages=turns, cache_control=FIVE_MINUTES).read == 0


@pytest.mark.parametrize(("blocks", "found"), [(19, True), (20, False)])
def test_a_mark_looks_back_over_twenty_blocks_and_no_further(blocks: int, found: bool) -> None:
    cache = Cache()
    first = {"role": "user", "content": [part(THOUSAND, FIVE_MINUTES)]}
    split(cache, 0, messages=[first])
    later = [part("word") for _ in range(blocks - 1)] + [part("last", FIVE_MINUTES)]
    unmarked = {"role": "user", "content": [part(THOUSAND)]}
    messages = [unmarked, {"role": "assistant", "content": "yes"}, {"role": "user", "content": later[1:]}]
    assert (split(cache, 1, messages=messages).read == 1000) is found


@pytest.mark.parametrize(
    "change",
    [
        {"model": "claude-opus-5-5"},
        {"workspace": "another"},
        {"system": [part(THOUSAND + "!", FIVE_MINUTES)]},
        {"tools": [{"name": "dig", "input_schema": {"type": "object"}}]},
        {"speed": "fast"},
    ],
)
def test_another_model_workspace_system_tools_or_speed_reads_nothing(change: dict[str, Any]) -> None:
    cache, system = Cache(), [part(THOUSAND, FIVE_MINUTES)]
    split(cache, 0, system=system)
    assert split(cache, 1, **({"system": system} | change)).read == 0


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"output_config": {"effort": "low"}}, 1000),
        ({"thinking": {"type": "disabled"}}, 1000),
        ({"output_config": {"effort": "medium"}, "thinking": {"type": "adaptive"}}, 2000),
    ],
)
def test_settings_touch_only_the_messages_and_their_defaults_touch_nothing(change: dict[str, Any], kept: int) -> None:
    cache = Cache()
    body: dict[str, Any] = {
        "system": [part(THOUSAND, FIVE_MINUTES)],
        "messages": [{"role": "user", "content": [part(THOUSAND, FIVE_MINUTES)]}],
    }
    split(cache, 0, **body)
    assert split(cache, 1, **body, **change).read == kept


def test_the_counts_reach_whoever_asks(claude: StandIn) -> None:
    system = [part(f"{claude.url} {THOUSAND}", AN_HOUR), part(THOUSAND, FIVE_MINUTES)]
    first = ask(claude, "One", system=system).start.usage
    heard = ask(claude, "Two", system=system)
    assert first.cache_creation.ephemeral_1h_input_tokens > 1000
    assert first.cache_creation.ephemeral_5m_input_tokens == 1000
    assert first.cache_creation_input_tokens > 2000
    assert heard.start.usage.cache_read_input_tokens == first.cache_creation_input_tokens
    assert heard.start.usage.input_tokens == 1
    assert heard.all("message_delta")[0].usage.cache_read_input_tokens == first.cache_creation_input_tokens
    billed = claude.settled_journal()[-1]["billed"]
    assert billed["cache_read_tokens"] == first.cache_creation_input_tokens


def test_a_prewarming_call_writes_the_cache_without_a_word(claude: StandIn) -> None:
    system = [part(f"warm {THOUSAND}", FIVE_MINUTES)]
    warmed = ask_whole(claude, "placeholder", system=system, max_tokens=0)
    usage = ask(claude, "Hi", system=system).start.usage
    assert (warmed.content, warmed.stop_reason, warmed.usage.output_tokens) == ([], "max_tokens", 0)
    assert warmed.usage.cache_creation_input_tokens == usage.cache_read_input_tokens > 1000


def reason(claude: StandIn, previous: str | None, **body: Any) -> Any:
    start = ask(claude, body.pop("messages", "Hello"), diagnostics={"previous_message_id": previous}, **body).start
    return start.diagnostics and json.loads(start.diagnostics.to_json())["cache_miss_reason"]


def test_a_cache_miss_is_explained_by_the_first_thing_that_changed(claude: StandIn) -> None:
    system, turns = [part(f"why {THOUSAND}", FIVE_MINUTES)], [{"role": "user", "content": "Hello"}]
    before = ask(claude, turns, system=system).start.id
    grown = [*turns, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "More"}]
    changed = [{"role": "user", "content": "Goodbye"}]
    assert reason(claude, None, system=system) is None
    assert reason(claude, before, system=system, messages=grown) is None
    assert reason(claude, "msg_unknown", system=system) == {"type": "previous_message_not_found"}
    missed = reason(claude, before, system="Something else")
    assert missed["type"] == "system_changed"
    assert missed["cache_missed_input_tokens"] > 1000
    assert reason(claude, before, system=system, messages=changed)["type"] == "messages_changed"
    other_model = {"model": "claude-opus-5-5", "thinking": {"type": "adaptive"}}
    assert reason(claude, before, system=system, **other_model)["type"] == "model_changed"
    tools = [{"name": "dig", "input_schema": {"type": "object"}}]
    assert reason(claude, before, system=system, tools=tools)["type"] == "tools_changed"
    assert reason(claude, before, system=system, thinking={"type": "adaptive"})["type"] == "unavailable"
