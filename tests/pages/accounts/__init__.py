"""Accounts, as people meet them."""
