"""What a change is, what it consists of, and what became of it."""
