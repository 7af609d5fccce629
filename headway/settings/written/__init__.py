"""What is written from the settings: a commented file, and a JSON Schema."""
