"""The whole chat in one file, and back out of it: the database, the attached files, and their sums."""
