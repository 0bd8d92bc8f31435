"""What an administrator does from the command line, beside running the server."""
