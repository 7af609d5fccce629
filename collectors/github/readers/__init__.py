"""One reader per part of a repository, each with its resume point."""
