"""Rooms without I/O: bytes come in, effects go out. Start reading at SPEC.md."""
