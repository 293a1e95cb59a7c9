"""The story in the admin: what Claude is told, how it is asked and stood in for, what is kept for how long, alarms."""

from chatapp.turns.admin import alarms, fallbacks, prompts, retention, settings

__all__ = ["alarms", "fallbacks", "prompts", "retention", "settings"]
