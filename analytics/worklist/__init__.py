"""What waits now: for how long, with which chances, and what needs attention."""
