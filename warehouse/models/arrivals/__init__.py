"""How deployments follow one another, what they contain, and which change arrived with which."""
