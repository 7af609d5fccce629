"""Models: one SQL file a table, and what SQL cannot say as pure functions over the tables of one repository."""
