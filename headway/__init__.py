"""Headway: how long work takes from code complete to production, where it waits, and what never arrives."""
# Part of Headway.

__version__ = "0.1.0"
