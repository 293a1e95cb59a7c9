"""What a browser hears while an answer runs."""
