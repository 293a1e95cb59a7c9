"""Rehearsals: an administrator lets the simulated Claude fail for a while and watches what the product makes of it."""
