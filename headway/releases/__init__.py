"""What releases look like in a repository: their subjects, and the files that they change."""
