"""What forges report of pull requests."""
