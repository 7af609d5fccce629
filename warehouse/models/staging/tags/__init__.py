"""The newest row of each key of what Git collectors read."""
