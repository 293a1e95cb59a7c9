"""How we talk to Claude, and what we do when it cannot answer."""
