"""GitHub's API: identity, limits, pages and windows."""
