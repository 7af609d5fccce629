"""From what Git prints to rows."""
