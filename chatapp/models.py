"""Every room's tables, so that one app label and one migration history hold them all."""

from chatapp.claude.models import Model, Provider, Stop
from chatapp.context.models import ContextSettings, SystemPrompt
from chatapp.money.models import Budget, Counter, Entry, Grant, Hold, MoneySettings, Price
from chatapp.nightly.models import Night
from chatapp.pages.models import Invitation, SiteSettings, Tries
from chatapp.telemetry.models import Reading
from chatapp.turns.attachments import Attachment
from chatapp.turns.fallbacks import Fallbacks
from chatapp.turns.kept import KeptAnswer
from chatapp.turns.models import Attempt, Checkpoint, Conversation, Turn
from chatapp.turns.notes import Digest
from chatapp.turns.notices import Notice
from chatapp.turns.patience import Patience
from chatapp.turns.routing import Routing
from chatapp.turns.tasks import TaskSettings

__all__ = [
    "Attachment",
    "Attempt",
    "Budget",
    "Checkpoint",
    "ContextSettings",
    "Conversation",
    "Counter",
    "Digest",
    "Entry",
    "Fallbacks",
    "Grant",
    "Hold",
    "Invitation",
    "KeptAnswer",
    "Model",
    "MoneySettings",
    "Night",
    "Notice",
    "Patience",
    "Price",
    "Provider",
    "Reading",
    "Routing",
    "SiteSettings",
    "Stop",
    "SystemPrompt",
    "TaskSettings",
    "Tries",
    "Turn",
]
