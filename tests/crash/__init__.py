"""Crash tests: the service is killed, starved and misled, and what it acknowledged is held against what is there.

A test founds an office (:mod:`~tests.crash.office`), lets clients load it (:mod:`~tests.crash.load`), harms the
service (:mod:`~tests.crash.service`), and in the end counts what was acknowledged, found, lost and contradicted
(:mod:`~tests.crash.tally`). The service is the real one, in a process of its own; nothing in it knows of these tests.
How often, :mod:`~tests.crash.often` says; in which database, :mod:`~tests.crash.database`.
"""
