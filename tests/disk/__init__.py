"""What lies between SQLite and the files: a layer to record what it writes, and to make it fail."""
