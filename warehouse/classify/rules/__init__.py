"""The rules that classify AI work: built in, and changed by settings."""
