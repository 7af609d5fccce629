"""Services in doubt: changes go on landing, and their production deployments are no longer seen."""
