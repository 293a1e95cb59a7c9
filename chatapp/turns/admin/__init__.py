"""The story in the admin: what Claude is told, how it is asked, what comes when it cannot answer, and what is kept."""

from chatapp.turns.admin import fallbacks, prompts, retention, settings

__all__ = ["fallbacks", "prompts", "retention", "settings"]
