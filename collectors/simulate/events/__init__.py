"""What happens at the simulated company."""
