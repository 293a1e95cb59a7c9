"""A simulated Claude on a real port: the Messages API, spoken well enough that the real SDK cannot tell."""
