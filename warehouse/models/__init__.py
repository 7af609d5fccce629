"""Models: one SQL file for each table, and pure functions for what SQL cannot express."""
