"""The simulated Claude, met through the real SDK."""
