"""What the simulated company is made of and what it plans."""
