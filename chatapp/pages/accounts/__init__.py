"""Accounts: the first visit, signing up, in and out, and changing a password."""
