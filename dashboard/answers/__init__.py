"""What pages ask, and where answers are cached."""
