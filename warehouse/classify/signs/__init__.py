"""The signs of AI work in authors, messages, paths and words."""
