"""The start: what is refused, what is promised before the first page."""
