"""The story: a question becomes a turn, a turn becomes an answer, and every turn ends."""
