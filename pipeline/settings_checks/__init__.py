"""Settings that name what is not there: mostly a typing error, and without effect."""
