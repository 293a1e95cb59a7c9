"""How fast the house is, measured beside the simplest thing that could work."""
