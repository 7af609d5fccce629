"""Findings and numbers as sentences."""
