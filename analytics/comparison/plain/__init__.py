"""Both groups described over all changes: figures and intervals, no tests."""
