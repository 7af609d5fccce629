"""Settings and sources as small tables: SQL models join them and nothing is pasted into SQL."""
