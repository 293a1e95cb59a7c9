"""Which words are for people and which are for staff."""

import re

# What belongs in a log: numbers of statuses, names of exceptions and types, JSON, other people's words.
STAFF_ONLY = re.compile(
    r"\b[45]\d\d\b|Error|Exception|Traceback|[{}\[\]<>]|_|HTTP|httpx|anthropic|[Oo]verloaded|Internal server"
    r"|timed out|malformed|API|rehearsal|simulated|req|\bNone\b"
)
