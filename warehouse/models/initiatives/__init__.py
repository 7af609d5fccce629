"""Packages, imports and initiatives."""
