"""How staff read transcripts and review them, and how that reading is itself recorded."""
