"""Statistics over the published tables: frozen results from pure functions. Nothing here writes."""
# Part of Headway.
