"""Hides what tells who somebody is: addresses, numbers of telephones, cards and accounts, and secrets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

# Spaces and hyphens of every kind, and what Markdown puts around digits.
_GAP: Final = r"[ \t\u00a0\u2007\u2009\u202f\u2010-\u2013*_-]"
# Seen by nobody, and enough to keep a pattern from fitting.
_UNSEEN: Final = re.compile(r"(?<=[!-~])[\u00ad\u200b-\u200d\u2060\ufeff]+(?=[!-~])")
_SECRETS: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bAIza[A-Za-z0-9_-]{30,}"
    r"|(?i:\bbearer\s{1,4})[A-Za-z0-9._~+/-]{16,}=*",
    re.DOTALL,
)
# Looked at once from its beginning: a long run of them would be looked through again from every place in it.
_DOTTED: Final = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{11,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
# The word stays, what follows it goes.
_TOLD: Final = re.compile(
    r"(?i)(?<![a-z])(password|passwd|passphrase|passwort|kennwort|secret(?:[ _-]?key)?|api[ _-]?key"
    r"|access[ _-]?(?:token|key)|token|pin)"
    r"([\"'`*]{0,3}\s*(?:is|ist|lautet|=|:)[\"'`*]{0,3}\s*)([^\s,;]{4,})"
)
_IN_ADDRESS: Final = re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,64}:)([^\s/@]{1,128})(@)", re.IGNORECASE)
# With what Markdown escapes, and with an @ that it would write.
_MAIL: Final = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~\\-]{1,64}(?:@|\uff20|&#0{0,5}64;|&#[xX]0{0,4}40;|&commat;)"
    r"[\w-]{1,63}(?:\\?\.[\w-]{1,63})+"
)
_IBAN: Final = re.compile(
    rf"(?<![A-Z0-9])[A-Z]{{2}}\d{{2}}(?:{_GAP}?[A-Z0-9]{{4}}){{2,7}}(?:{_GAP}?[A-Z0-9]{{1,4}})?(?![A-Z0-9])",
    re.IGNORECASE | re.ASCII,
)
_CARD: Final = re.compile(rf"(?<![\d.])\d(?:(?:{_GAP}|\n)?\d){{12,18}}(?!\d)|(?<!\d)\d{{4}}(?:\.\d{{4}}){{3}}(?!\d)")
_SOCIAL: Final = re.compile(r"(?<!\d)\d{3}[\u2010-\u2013-]\d{2}[\u2010-\u2013-]\d{4}(?!\d)")
_PHONE: Final = re.compile(
    r"(?<![\w.+])[+\uff0b]\d(?:[\d ()/.*\u00a0\u2007\u2009\u202f\u2010-\u2013-]|\n(?=\d)){6,20}\d(?!\w)"
    r"|(?<![\w.+])00\d[\d ()/.\u00a0\u2007\u2009\u202f\u2010-\u2013-]{6,20}\d(?!\w)"
    r"|(?<![\w.,:/-])\(?0\d{1,5}\)?[ \u00a0\u202f\u2010-\u2013/-]\d[\d \u00a0\u202f\u2010-\u2013/-]{4,14}\d(?![\w-])"
    r"|(?<![\w.-])\(?\d{3}\)?[ \u00a0\u202f\u2010-\u2013.-]\d{3}[ \u00a0\u202f\u2010-\u2013.-]\d{4}(?![\w-])"
)
_ACCOUNT: Final = re.compile(
    r"(?i)\b(account|konto|kto|acct)((?:\.| )?(?:number|no|nr|nummer)?\.?\s{0,8}[:#]?\s{0,8})(\d[\d -]{4,18}\d)"
)

# Without one of these there is none of them: to look for a mark is quicker than to try a pattern at every letter.
_SECRET_MARKS: Final = (
    "private key", "sk-", "sk_", "pk-", "pk_", "rk-", "rk_", "akia", "asia", "xox", "aiza", "bearer", "github_pat_",
    "ghp_", "gho_", "ghu_", "ghs_", "ghr_",
)  # fmt: skip
_MAIL_MARKS: Final = ("@", "\uff20", "&#", "&commat;")
# No telephone has fewer digits, nor has a card.
_FEWEST_PHONE_DIGITS: Final = 8
_NUMBERS: Final = re.compile(rf"(?:\d\D*+){{{_FEWEST_PHONE_DIGITS}}}")

# As cards and accounts are written out; other rows of numbers have a fitting check digit somewhere, too.
_IN_FOURS: Final = re.compile(r"\w{4}(?:[\W_]?\w{4}){2,}(?:[\W_]?\w{1,4})?|\d{4}[\W_]?\d{6}[\W_]?\d{4,5}")
_IBAN_LENGTHS: Final = range(15, 35)
_CARD_DIGITS: Final = range(13, 20)


def mask(text: str) -> str:
    """The same text without them. What is hidden is named, so that the rest can still be understood."""
    if not text:
        return text
    text = _UNSEEN.sub("", text)
    low = text.lower()
    if any(mark in low for mark in _SECRET_MARKS):
        text = _SECRETS.sub(_hidden("secret"), text)
    text = _DOTTED.sub(_if(_is_signed, "secret"), text)
    if "://" in text:
        text = _IN_ADDRESS.sub(lambda found: f"{found[1]}{_name('secret')}{found[3]}", text)
    text = _TOLD.sub(lambda found: f"{found[1]}{found[2]}{_name('secret')}", text)
    if any(mark in text for mark in _MAIL_MARKS):
        text = _MAIL.sub(_hidden("e-mail address"), text)
    text = _IBAN.sub(_first_part(_is_iban, "account number"), text)
    has_numbers = _NUMBERS.search(text) is not None
    if has_numbers:
        text = _CARD.sub(_first_part(_is_card, "card number"), text)
    text = _ACCOUNT.sub(lambda found: f"{found[1]}{found[2]}{_name('account number')}", text)
    if not has_numbers:
        return text
    text = _SOCIAL.sub(_hidden("personal number"), text)
    return _PHONE.sub(_if(_is_phone, "phone number"), text)


def _name(what: str) -> str:
    return f"\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}{what}\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"


def _hidden(what: str) -> Callable[[re.Match[str]], str]:
    return lambda found: _name(what)


def _if(fits: Callable[[str], bool], what: str) -> Callable[[re.Match[str]], str]:
    return lambda found: _name(what) if fits(found.group()) else found.group()


def _first_part(fits: Callable[[str], bool], what: str) -> Callable[[re.Match[str]], str]:
    """What follows may look as if it went on: a word of four letters, or the year in which a card expires."""

    def masked(found: re.Match[str]) -> str:
        text = found.group()
        ends = (
            end for end in range(len(text) - 1, 12, -1) if not text[end].isalnum() and _IN_FOURS.fullmatch(text[:end])
        )
        fitting = next((end for end in (len(text), *ends) if fits(text[:end])), 0)
        return f"{_name(what)}{text[fitting:]}" if fitting else text

    return masked


def _is_signed(text: str) -> bool:
    """A JSON web token: its head begins like every one's."""
    return re.search(r"(?<![A-Za-z0-9])eyJ", text.partition(".")[0]) is not None


def _is_card(text: str) -> bool:
    """By the check digit that every card has."""
    digits = [int(letter) for letter in text if letter.isdecimal()][::-1]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
    known = len(digits) in _CARD_DIGITS and len(set(digits)) > 1 and text.count("\n") < 2
    return known and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    plain = "".join(letter for letter in text.upper() if letter.isalnum())
    if len(plain) not in _IBAN_LENGTHS:
        return False
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def _is_phone(text: str) -> bool:
    digits = sum(letter.isdigit() for letter in text)
    # 2026-11-28 and 192.168.10.20 are none.
    return digits >= _FEWEST_PHONE_DIGITS and not re.fullmatch(r"\d{4}-\d\d-\d\d.*|(?:\d{1,3}\.){3}\d{1,3}", text)
