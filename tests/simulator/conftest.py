"""The simulated Claude under test is the one that the other tests use."""

from tests.stand_in import claude, claude_process

__all__ = ["claude", "claude_process"]
