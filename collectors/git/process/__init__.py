"""Git as a process."""
