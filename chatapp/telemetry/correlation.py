"""One id from the click to the ledger."""

from __future__ import annotations

import secrets


def new_id() -> str:
    return secrets.token_hex(8)
