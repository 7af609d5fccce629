"""Where a repository is, and which of its refs are read."""
