"""A long time of mixed faults: the ground it happens on, the people, the weather, and the reckoning at its end."""
