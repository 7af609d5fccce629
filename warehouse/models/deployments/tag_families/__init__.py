"""Which tags are releases: forms of names, families of tags, and the tables that show both."""
