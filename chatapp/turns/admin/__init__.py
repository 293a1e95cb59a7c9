"""The story in the admin: what Claude is told, how it is asked and stood in for, what is kept for how long, alarms."""

from chatapp.turns.admin import alarms, deadlines, fallbacks, prompts, retention, settings

__all__ = ["alarms", "deadlines", "fallbacks", "prompts", "retention", "settings"]
