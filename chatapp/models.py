"""Every room's tables, so that one app label and one migration history hold them all."""

from chatapp.claude.models import Provider, Stop
from chatapp.money.models import Budget, Counter, Entry, Grant, Hold, MoneySettings, Price
from chatapp.nightly.models import Night
from chatapp.pages.models import Invitation, SiteSettings, Tries
from chatapp.telemetry.models import Reading
from chatapp.turns.kept import KeptAnswer
from chatapp.turns.models import Attempt, Checkpoint, Conversation, Fallbacks, Turn

__all__ = [
    "Attempt",
    "Budget",
    "Checkpoint",
    "Conversation",
    "Counter",
    "Entry",
    "Fallbacks",
    "Grant",
    "Hold",
    "Invitation",
    "KeptAnswer",
    "MoneySettings",
    "Night",
    "Price",
    "Provider",
    "Reading",
    "SiteSettings",
    "Stop",
    "Tries",
    "Turn",
]
