"""What a person meets over HTTP."""
