"""The newest row of each key of what forges report of pull requests."""
