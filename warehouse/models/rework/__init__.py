"""Fixes, what they repaired, and signs of failures."""
