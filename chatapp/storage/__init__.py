"""How the rooms reach the database: plain statements, and the crossing from the event loop."""
