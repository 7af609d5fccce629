"""The simulated company as repositories, records, settings and its truth."""
