"""What a build runs on, and what it takes over from the build before."""
