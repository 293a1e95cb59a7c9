"""Hides what tells who somebody is: addresses, numbers of telephones, cards and accounts, and secrets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_SECRETS: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bAIza[A-Za-z0-9_-]{30,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    re.DOTALL,
)
# The word stays, what follows it goes.
_TOLD: Final = re.compile(
    r"(?i)\b(password|passwd|passphrase|passwort|kennwort|secret|api[ _-]?key|access[ _-]?token|token|pin)"
    r"(\s*(?:is|ist|=|:)\s*)([^\s,;]{4,})"
)
_IN_ADDRESS: Final = re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,64}:)([^\s/@]{1,128})(@)", re.IGNORECASE)
_MAIL: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?\b", re.IGNORECASE)
_CARD: Final = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d])")
_SOCIAL: Final = re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)")
_PHONE: Final = re.compile(
    r"(?<![\w.+])(?:\+|00)\d[\d ()/.-]{6,20}\d(?!\w)"
    r"|(?<![\w.,:/-])\(?0\d{1,5}\)?[ /-]\d[\d /-]{4,14}\d(?![\w-])"
    r"|(?<![\w.-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])"
)
_ACCOUNT: Final = re.compile(
    r"(?i)\b(account|konto|kto|acct)((?:\.| )?(?:number|no|nr|nummer)?\.?\s*[:#]?\s*)(\d[\d -]{4,18}\d)"
)

_FEWEST_PHONE_DIGITS: Final = 8
_IBAN_LENGTHS: Final = range(15, 35)


def mask(text: str) -> str:
    """The same text without them. What is hidden is named, so that the rest can still be understood."""
    text = _SECRETS.sub(_hidden("secret"), text)
    text = _IN_ADDRESS.sub(lambda found: f"{found[1]}{_name('secret')}{found[3]}", text)
    text = _TOLD.sub(lambda found: f"{found[1]}{found[2]}{_name('secret')}", text)
    text = _MAIL.sub(_hidden("e-mail address"), text)
    text = _IBAN.sub(_if(_is_iban, "account number"), text)
    text = _CARD.sub(_if(_is_card, "card number"), text)
    text = _ACCOUNT.sub(lambda found: f"{found[1]}{found[2]}{_name('account number')}", text)
    text = _SOCIAL.sub(_hidden("personal number"), text)
    return _PHONE.sub(_if(_is_phone, "phone number"), text)


def _name(what: str) -> str:
    return f"\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}{what}\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"


def _hidden(what: str) -> Callable[[re.Match[str]], str]:
    return lambda found: _name(what)


def _if(fits: Callable[[str], bool], what: str) -> Callable[[re.Match[str]], str]:
    return lambda found: _name(what) if fits(found.group()) else found.group()


def _is_card(text: str) -> bool:
    """By the check digit that every card has."""
    digits = [int(letter) for letter in text if letter.isdigit()][::-1]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
    return len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    plain = text.replace(" ", "").upper()
    if len(plain) not in _IBAN_LENGTHS:
        return False
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def _is_phone(text: str) -> bool:
    digits = sum(letter.isdigit() for letter in text)
    # 2026-11-28 and 192.168.10.20 are none.
    return digits >= _FEWEST_PHONE_DIGITS and not re.fullmatch(r"\d{4}-\d\d-\d\d.*|(?:\d{1,3}\.){3}\d{1,3}", text)
