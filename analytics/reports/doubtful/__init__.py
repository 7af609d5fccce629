"""What reports say of deployments that may not be what they seem."""
