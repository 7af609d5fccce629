"""The newest row of each key of what CI systems report."""
