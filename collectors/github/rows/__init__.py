"""From GitHub's answers to rows: pure functions."""
