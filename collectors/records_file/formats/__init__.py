"""Lines of a file, and the records that they are in each of its formats."""
