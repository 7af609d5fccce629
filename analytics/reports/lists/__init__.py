"""Reports that list changes."""
