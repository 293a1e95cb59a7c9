"""The story's settings in the admin: what Claude is told, how it is asked, what comes when it cannot answer, alarms."""

from chatapp.turns.admin import alarms, fallbacks, prompts, settings

__all__ = ["alarms", "fallbacks", "prompts", "settings"]
