"""Where deployments are seen: a module for each source of them."""
