"""Correlation ids, measures, logs and alarms."""
