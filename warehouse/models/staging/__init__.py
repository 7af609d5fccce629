"""One model per raw table: the newest row of each key."""
