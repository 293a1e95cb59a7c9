"""The gateway against real bytes: the real SDK, our transport, and a server that says what a test tells it to."""
