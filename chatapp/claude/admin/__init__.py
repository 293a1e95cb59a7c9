"""The way to Claude in the admin."""

from chatapp.claude.admin import catalogue, ways

__all__ = ["catalogue", "ways"]
