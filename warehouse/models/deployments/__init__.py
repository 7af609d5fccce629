"""What was deployed, and which change arrived with it."""
