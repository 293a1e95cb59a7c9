"""Work for when nobody watches."""
