"""What a request costs, to the nano-dollar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from chatapp.money import ledger, prices
from chatapp.money.models import Hold, Price
from chatapp.money.models.prices import Unchangeable
from chatapp.money.prices import Manner, Tokens

pytestmark = pytest.mark.django_db

TODAY = datetime(2026, 11, 20, tzinfo=UTC)
MODELS = [
    "claude-fable-5",
    "claude-fable-5-1",
    "claude-fable-5-2",
    "claude-haiku-4-5",
    "claude-haiku-5-5",
    "claude-mythos-5",
    "claude-mythos-5-1",
    "claude-mythos-5-2",
    "claude-opus-4-5",
    "claude-opus-4-6",
    "claude-opus-4-7",
    "claude-opus-4-8",
    "claude-opus-5",
    "claude-opus-5-5",
    "claude-sonnet-4-5",
    "claude-sonnet-4-6",
    "claude-sonnet-5",
    "claude-sonnet-5-5",
]
counts = st.integers(0, 300_000)
tokens = st.builds(Tokens, counts, counts, counts, counts, counts, st.integers(0, 20))
percents = st.integers(prices.WHOLE, prices.MOST_PERCENT)
manners = st.builds(Manner, batch=st.booleans(), geo=st.booleans(), percent=percents)


def cost(model: str, counted: Tokens, at: datetime = TODAY, manner: Manner = prices.PLAIN) -> int:
    return prices.of(model, at).cost(counted, manner)


def test_every_model_of_the_price_list_is_in_the_book() -> None:
    assert prices.models() == MODELS


def test_a_million_tokens_cost_what_the_price_list_says() -> None:
    million = 1_000_000
    assert ledger.usd(cost("claude-sonnet-5-5", Tokens(input=million, output=million))) == "12.000000000"


def test_a_price_change_leaves_older_requests_at_their_old_price() -> None:
    read = Tokens(cache_read=1_000_000)
    before, after = datetime(2026, 10, 6, 23, 59, tzinfo=UTC), datetime(2026, 10, 7, tzinfo=UTC)
    assert cost("claude-sonnet-5-5", read, before) == 2 * cost("claude-sonnet-5-5", read, after)
    assert prices.listed("claude-sonnet-5-5", date(2026, 9, 28)).cost(read) == cost("claude-sonnet-5-5", read, before)


def test_one_token_over_the_band_makes_every_token_five_times_as_dear() -> None:
    below = cost("claude-haiku-5-5", Tokens(input=100_000, output=10))
    above = cost("claude-haiku-5-5", Tokens(input=100_000, cache_read=1, output=10))
    assert above == 5 * (below + 10)


def test_a_started_nano_dollar_is_a_whole_one() -> None:
    half = Tokens(cache_read=1, input=1)
    assert cost("claude-haiku-5-5", half, manner=Manner(batch=True)) == 55
    assert cost("claude-haiku-5-5", Tokens(cache_write_5m=1), manner=Manner(batch=True)) == 63


def test_modes_multiply_and_searches_have_their_fee() -> None:
    plain = Tokens(input=1_000_000)
    assert (
        cost("claude-opus-5-5", plain, manner=Manner(geo=True, fast=True)) == 22 * cost("claude-opus-5-5", plain) // 10
    )
    assert cost("claude-opus-5-5", Tokens(searches=3)) == 30_000_000


@pytest.mark.parametrize(
    ("model", "at", "manner"),
    [
        ("claude-free-9", TODAY, prices.PLAIN),
        ("claude-sonnet-5-5", datetime(2026, 9, 27, tzinfo=UTC), prices.PLAIN),
        ("claude-sonnet-5-5", TODAY, Manner(fast=True)),
        ("claude-haiku-4-5", TODAY, Manner(geo=True)),
    ],
)
def test_what_has_no_price_is_refused(model: str, at: datetime, manner: Manner) -> None:
    with pytest.raises(prices.UnknownPrice):
        cost(model, Tokens(input=1), at, manner)


@given(model=st.sampled_from(MODELS), counted=tokens, manner=manners, slack=st.integers(0, 50_000))
def test_the_worst_case_covers_whatever_the_tokens_turn_out_to_be(
    model: str, counted: Tokens, manner: Manner, slack: int
) -> None:
    listed = prices.of(model, TODAY)
    if manner.geo and listed.bands[0].multipliers["geo"] is None:
        manner = replace(manner, geo=False)
    worst = listed.worst_case(counted.prompt + slack, counted.output, manner, counted.searches)
    assert listed.cost(counted, manner) <= worst


@given(model=st.sampled_from(MODELS), room=st.integers(0, 10**10), bound=st.integers(1, 200_000), manner=manners)
def test_what_is_affordable_fits_and_one_token_more_does_not(model: str, room: int, bound: int, manner: Manner) -> None:
    listed = prices.of(model, TODAY)
    if manner.geo and listed.bands[0].multipliers["geo"] is None:
        manner = replace(manner, geo=False)
    fits = listed.affordable(room, bound, manner)
    if fits < 0:
        assert listed.worst_case(bound, 0, manner) > room
    else:
        assert listed.worst_case(bound, fits, manner) <= room
        assert fits == prices.MOST_TOKENS or room < listed.worst_case(bound, fits + 1, manner)


def test_a_dearer_provider_is_paid_in_full_and_a_started_nano_dollar_is_a_whole_one() -> None:
    million = Tokens(input=1_000_000, output=1_000_000, searches=1)
    assert (
        cost("claude-sonnet-5-5", million, manner=Manner(percent=110)) == 11 * cost("claude-sonnet-5-5", million) // 10
    )
    # 10 nano-dollars and 1 per cent are a little more than 10.
    assert cost("claude-haiku-5-5", Tokens(cache_read=1)) == 10
    assert cost("claude-haiku-5-5", Tokens(cache_read=1), manner=Manner(percent=101)) == 11
    both = Manner(geo=True, percent=110)
    assert cost("claude-opus-5-5", Tokens(input=1_000_000), manner=both) == 4_000_000_000 * 121 // 100


@given(model=st.sampled_from(MODELS), counted=tokens, percent=percents)
def test_a_percentage_never_makes_it_cheaper_nor_dearer_than_it_says(model: str, counted: Tokens, percent: int) -> None:
    plain, dearer = cost(model, counted), cost(model, counted, manner=Manner(percent=percent))
    # Each was rounded up to a whole one, tokens and searches apart.
    assert plain * percent - 100 * percent <= dearer * 100 <= plain * percent + 200


@given(manner=st.builds(Manner, st.booleans(), st.booleans(), st.booleans(), percents))
def test_a_manner_is_read_back_from_the_words_that_a_hold_keeps(manner: Manner) -> None:
    assert Manner.named(str(manner)) == manner
    assert len(str(manner)) <= (Hold._meta.get_field("manner").max_length or 0)


@pytest.mark.parametrize("percent", [0, 99, 1001])
def test_a_percentage_that_cannot_be_is_refused(percent: int) -> None:
    with pytest.raises(ValueError, match="of a price"):
        Manner(percent=percent)


def test_what_the_cache_saved_is_the_difference_to_a_plain_prompt() -> None:
    listed = prices.of("claude-sonnet-5-5", TODAY)
    assert listed.saved(Tokens(cache_read=1_000_000)) == 1_900_000_000
    assert listed.saved(Tokens(cache_write_5m=1_000_000)) == -500_000_000


def price(**changes: Any) -> Price:
    rates = {"input": "2", "output": "10", "write_5m": "2.5", "write_1h": "4", "read": "0.1"}
    given = {name: Decimal(value) for name, value in rates.items()} | changes
    return Price(model="claude-next-9", valid_from=date(2026, 11, 1), **given)


@pytest.mark.parametrize(
    "changes",
    [
        {"input": Decimal(-2)},
        {"input": Decimal(0)},
        {"output": Decimal(10_000_000)},
        {"read": None},
        {"read": Decimal(3)},
        {"write_1h": Decimal(2)},
        {"output": Decimal(1)},
        {"batch": Decimal(-1)},
        {"batch": Decimal(2)},
        {"search": Decimal(-1)},
        {"search": Decimal(1000)},
    ],
)
def test_a_negative_or_absurd_price_cannot_be_saved(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        price(**changes).full_clean()
    if "input" in changes or changes.get("output") == Decimal(10_000_000):
        with pytest.raises(DatabaseError), transaction.atomic():
            price(**changes).save()


def test_a_price_is_never_rewritten_and_a_new_row_is_in_force_at_once() -> None:
    with pytest.raises(prices.UnknownPrice):
        prices.of("claude-next-9", TODAY)
    saved = price()
    saved.full_clean()
    saved.save()
    assert prices.of("claude-next-9", TODAY).cost(Tokens(input=1_000_000)) == 2_000_000_000
    saved.input = Decimal(1)
    with pytest.raises(Unchangeable):
        saved.save()


def test_a_price_that_was_in_force_stays_for_the_holds_that_were_measured_by_it() -> None:
    with pytest.raises(Unchangeable):
        Price.objects.filter(model="claude-haiku-4-5").get().delete()
    mistyped = price()
    mistyped.valid_from = date(2999, 1, 1)
    mistyped.save()
    mistyped.delete()


def test_a_price_that_was_taken_back_leaves_nothing_behind() -> None:
    for rate, cost_of_a_million in (("2", 2_000_000_000), ("3", 3_000_000_000)):
        with transaction.atomic():
            price(input=Decimal(rate), write_5m=Decimal(4)).save()
            assert cost("claude-next-9", Tokens(input=1_000_000)) == cost_of_a_million
            transaction.set_rollback(True)


def test_a_list_without_its_lowest_band_is_no_price() -> None:
    price(prompt_above=1000).save()
    with pytest.raises(prices.UnknownPrice):
        prices.of("claude-next-9", TODAY)


@given(room=st.integers(0, 10**9), prompt=st.integers(1, 2000))
def test_what_a_limit_affords_is_exact_also_where_a_longer_prompt_is_cheaper(room: int, prompt: int) -> None:
    low = prices.Band(1, 0, 9_000_000_000, 1_000_000_000, 3, 4, 1, {}, None)
    high = prices.Band(2, 1000, 1_000_000_000, 50_000_000_000, 3, 4, 1, {}, None)
    listed = prices.PriceList("claude-next-9", date(2026, 11, 1), (low, high))
    tokens = listed.affordable(room, prompt)
    assert tokens < 0 or listed.worst_case(prompt, tokens) <= room
    assert listed.worst_case(prompt, tokens + 1) > room
