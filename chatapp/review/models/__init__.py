"""What the review desk remembers: who read what, scorecards, the queue, and what was found."""

from chatapp.review.models.desk import Criterion, Item, Note, Review, ReviewSettings, Rule, Scorecard
from chatapp.review.models.visits import Chain, Visit

__all__ = ["Chain", "Criterion", "Item", "Note", "Review", "ReviewSettings", "Rule", "Scorecard", "Visit"]
