"""The newest row of each key of what systems report of deployments."""
