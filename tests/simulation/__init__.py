"""People, programs, a network and a server that crashes, in one thread, under one seed.

The rooms, their order of effects, the sockets' sessions, the dialects and the rule of who may do
what are the real ones; the network, the clocks, the disk and the clients are simulated. One seed
is one history. `steps.py` is where to begin; `tests/simulator.py` runs many.

What must hold at every moment and at the end (`witness.py`):
I1 what a client was told is saved, or saw of another, is in the log after any crash.
I2 all clients of one epoch converge once connected.
I3 no row comes from a connection without the right at the moment it was applied.
I4 every struct is attributed to who sent it.
I5 numbers have no gaps, hashes chain.
I6 nothing is doubled; what was not acknowledged is sent again, or kept as a copy by its writer.
"""
