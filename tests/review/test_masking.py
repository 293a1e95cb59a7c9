"""What tells who somebody is is hidden, and what does not is left as it stands."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.review import masking
from chatapp.review.masking import mask

HIDDEN = [
    ("Write to ada.lovelace+x@mail.example.co.uk, please", "ada.lovelace", "e-mail address"),
    ("Call +44 20 7946 0958 now", "7946", "phone number"),
    ("Ruf 030 1234567 an", "1234567", "phone number"),
    ("(555) 010-4477", "4477", "phone number"),
    ("or 0049-151-23456789.", "23456789", "phone number"),
    ("Card 4111 1111 1111 1111 exp 12/29", "1111", "card number"),
    ("Amex 378282246310005", "378282", "card number"),
    ("IBAN DE89 3704 0044 0532 0130 00 bitte", "0532", "account number"),
    ("GB82WEST12345698765432", "WEST", "account number"),
    ("account number: 12345678", "12345678", "account number"),
    ("SSN 078-05-1120", "1120", "personal number"),
    ("key sk-ant-api03-AbCdEfGhIjKlMnOpQrStUv", "AbCdEf", "secret"),
    ("AKIAIOSFODNN7EXAMPLE", "IOSFOD", "secret"),
    ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefgh", "secret"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF123", "eyJhbG", "secret"),
    ("postgres://chat:hunter2hunter2@db/x", "hunter2", "secret"),
    ("my password is Tr0ub4dor&3", "Tr0ub", "secret"),
    ("API_KEY=abcd1234efgh", "abcd1234", "secret"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----\nafter", "MIIabc", "secret"),
    ("-----BEGIN PRIVATE KEY-----\ncut off MIIabc", "MIIabc", "secret"),
    ("4111 1111 1111 1111 12/29", "1111", "card number"),
    ("4111 1111 1111 1111 123", "1111", "card number"),
    ("4111 1111\n1111 1111", "1111", "card number"),
    ("4111.1111.1111.1111", "1111", "card number"),
    ("4111\u00a01111\u00a01111\u00a01111", "1111", "card number"),
    ("4111\u20111111\u20111111\u20111111", "1111", "card number"),
    ("AT61 1904 3002 3457 3201 oder", "1904", "account number"),
    ("DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000", "0532", "account number"),
    ("DE89-3704-0044-0532-0130-00", "3704", "account number"),
    ("iban_DE89370400440532013000", "0532", "account number"),
    ("john\\_doe@example.com", "john", "e-mail address"),
    ("john@example\\.com", "john", "e-mail address"),
    ("john\\@example.com", "john", "e-mail address"),
    ("john&#64;example.com", "john", "e-mail address"),
    ("john\u200b@exam\u00adple.com", "john", "e-mail address"),
    ("+49\u00a0170\u00a01234567", "1234567", "phone number"),
    ("+1\u2011555\u2011123\u20114567", "4567", "phone number"),
    ("+49 170\n1234567", "1234567", "phone number"),
    ('{"password": "hunter22"}', "hunter22", "secret"),
    ("**Password:** hunter22", "hunter22", "secret"),
    ("Das Passwort lautet hunter22", "hunter22", "secret"),
    ("DB_PASSWORD=hunter22", "hunter22", "secret"),
    ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI", "wJalr", "secret"),
    ("SECRET_KEY=abcdefgh", "abcdefgh", "secret"),
    ("Authorization: Bearer abcdefghijklmnop123456", "abcdef", "secret"),
]


@pytest.mark.parametrize(("text", "gone", "name"), HIDDEN)
def test_it_is_hidden_and_named(text: str, gone: str, name: str) -> None:
    masked = mask(text)
    assert gone not in masked
    assert name in masked


@pytest.mark.parametrize(
    "text",
    [
        "On 2026-11-28 at 12:30 there were 1,000,000 turns.",
        "Version 192.168.10.20 of 3.14159265358979",
        "Order 1234 5678 9012 3456 is no card, for its check digit is wrong.",
        "In 2019-2021 it was 15 % of 1200000",
        "x = [100, 200, 300]; y = 0.12345678",
        "ISBN 978-3-16-148410-0? Not a phone.",
        "def password(self): pass",
        "The tokenizer is fast.",
        "日本の首都は東京です",
        "a@b is an operator in Python",
        "commit 9232293aa45039bbf9784",
        "Values: 147 592 877 831 792 74 271 130",
        "12 13 14 15 16 17 18 19 20",
    ],
)
def test_what_tells_nothing_stays(text: str) -> None:
    assert mask(text) == text


def test_masking_twice_is_masking_once() -> None:
    for text, _, _ in HIDDEN:
        assert mask(mask(text)) == mask(text)


def test_letters_of_another_writing_that_look_like_an_account_break_nothing() -> None:
    for letter in "\u0130\u212a\u017f\u0131":
        assert mask(f"GB12 {letter}BCD 0044 0532 0130 {letter}")


@pytest.mark.parametrize("run", ["eyJ-", "account ", "account" + " " * 4_000, "password ", "1", "a@", "a.", "- ", "+4"])
def test_no_text_keeps_a_reader_waiting(run: str) -> None:
    """A text that a pattern looks through again from every place takes minutes."""
    began = time.process_time()
    mask(run * (200_000 // len(run)))
    assert time.process_time() - began < 5


@given(st.one_of(*(st.from_regex(pattern) for pattern in (masking._SECRETS, masking._MAIL, masking._IN_ADDRESS))))
def test_what_a_pattern_finds_has_a_mark_for_which_it_is_looked_for(text: str) -> None:
    assert "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}" in mask(text)


@given(st.one_of(*(st.from_regex(pattern) for pattern in (masking._CARD, masking._SOCIAL, masking._PHONE))))
def test_what_looks_like_a_number_is_looked_at(text: str) -> None:
    card, social, phone = (one.search(text) for one in (masking._CARD, masking._SOCIAL, masking._PHONE))
    hidden = social or (card and masking._is_card(card[0])) or (phone and masking._is_phone(phone[0]))
    assert masking._NUMBERS.search(text) or not hidden
