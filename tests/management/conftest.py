"""One simulated Claude for the room."""

from tests.stand_in import claude, claude_process

__all__ = ["claude", "claude_process"]
