"""The headline numbers."""
