"""Clients that are cheap enough to come in hundreds, against the real server in its own process."""
