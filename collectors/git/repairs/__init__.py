"""Which lines a fix repaired, and who wrote them."""
