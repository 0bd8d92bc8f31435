"""The project's own benchmark: our server and a peer, by turns, under the same clients.

What it measures, and how it counts: docs/measuring.md.
"""
