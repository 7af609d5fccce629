"""Commands about what the warehouse keeps: backup, restore and forget."""
