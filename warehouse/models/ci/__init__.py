"""CI runs of the default branch."""
