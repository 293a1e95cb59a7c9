"""What it costs and who may spend it."""
