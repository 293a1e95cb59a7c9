"""Every room's part of the admin."""

from chatapp.claude import admin as claude
from chatapp.money import admin as money
from chatapp.pages import admin as pages
from chatapp.pages.accounts import admin as accounts
from chatapp.review import admin as review
from chatapp.turns import admin as turns

__all__ = ["accounts", "claude", "money", "pages", "review", "turns"]
