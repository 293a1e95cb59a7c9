"""The doors of the review desk."""
