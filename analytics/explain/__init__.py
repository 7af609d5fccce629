"""One change, with the record behind every milestone."""
