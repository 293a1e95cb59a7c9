"""What the review desk remembers: who read what, scorecards, the queue, and what was found."""

from chatapp.review.models.desk import Criterion, Item, Note, Review, ReviewSettings, Rule, Scorecard
from chatapp.review.models.visits import Chain, Glimpse, Visit

__all__ = ["Chain", "Criterion", "Glimpse", "Item", "Note", "Review", "ReviewSettings", "Rule", "Scorecard", "Visit"]
