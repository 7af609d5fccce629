"""Upkeep of the raw store: fewer files, and none of what was forgotten."""
