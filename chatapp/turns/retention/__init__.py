"""How long things are kept, what must not be deleted, and how what is deleted is gone for good."""
