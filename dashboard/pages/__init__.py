"""One file for each page: its questions, its texts and charts, and hints where there is no data."""
