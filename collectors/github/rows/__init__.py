"""Turn GitHub's answers into rows: pure functions."""
