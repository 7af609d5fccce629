"""The server that the dashboard runs in."""
