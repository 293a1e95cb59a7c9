"""Alarms: what is one, who is told, and how."""
