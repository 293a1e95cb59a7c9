"""Every room's tables, so that one app label and one migration history hold them all."""

from chatapp.claude.models import Model, Provider, Stop
from chatapp.context.models import ContextSettings, SystemPrompt
from chatapp.money.models import Budget, Counter, Entry, Grant, Hold, MoneySettings, Price
from chatapp.nightly.models import Night
from chatapp.pages.models import Invitation, SiteSettings, Tries
from chatapp.review.models import Chain, Criterion, Item, Note, Review, ReviewSettings, Rule, Scorecard, Visit
from chatapp.telemetry.alarm_settings import AlarmSettings
from chatapp.telemetry.alarms import Alarm, Lookout
from chatapp.telemetry.models import Reading
from chatapp.telemetry.post import Telling
from chatapp.turns.attachments import Attachment
from chatapp.turns.fallbacks import Fallbacks
from chatapp.turns.feedback import Feedback
from chatapp.turns.kept import KeptAnswer
from chatapp.turns.models import Attempt, Checkpoint, Conversation, Turn
from chatapp.turns.notes import Digest
from chatapp.turns.register.models import Filed, Label, Labelled, Profile, Progress
from chatapp.turns.retention.models import Erasure, LegalHold, Retention
from chatapp.turns.routing import Routing
from chatapp.turns.tasks import TaskSettings

__all__ = [
    "Alarm",
    "AlarmSettings",
    "Attachment",
    "Attempt",
    "Budget",
    "Chain",
    "Checkpoint",
    "ContextSettings",
    "Conversation",
    "Counter",
    "Criterion",
    "Digest",
    "Entry",
    "Erasure",
    "Fallbacks",
    "Feedback",
    "Filed",
    "Grant",
    "Hold",
    "Invitation",
    "Item",
    "KeptAnswer",
    "Label",
    "Labelled",
    "LegalHold",
    "Lookout",
    "Model",
    "MoneySettings",
    "Night",
    "Note",
    "Price",
    "Profile",
    "Progress",
    "Provider",
    "Reading",
    "Retention",
    "Review",
    "ReviewSettings",
    "Routing",
    "Rule",
    "Scorecard",
    "SiteSettings",
    "Stop",
    "SystemPrompt",
    "TaskSettings",
    "Telling",
    "Tries",
    "Turn",
    "Visit",
]
