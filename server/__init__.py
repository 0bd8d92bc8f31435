"""Everything that waits: sockets, pages, storage threads and their wiring."""
