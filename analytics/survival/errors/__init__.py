"""Standard errors: the influence of each unit on an estimate, and what few units need."""
