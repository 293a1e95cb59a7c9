"""The register of ended turns: what they are filtered by, the words that are found in them, and their labels."""
