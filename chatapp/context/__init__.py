"""What Claude is told."""
