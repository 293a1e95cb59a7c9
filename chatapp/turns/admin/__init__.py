"""The story's settings in the admin: what Claude is told, how it is asked, and what comes when it cannot answer."""

from chatapp.turns.admin import deadlines, fallbacks, prompts, settings

__all__ = ["deadlines", "fallbacks", "prompts", "settings"]
