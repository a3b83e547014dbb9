"""The tamper matrix: every attack on a small real office, one at a time, and who finds it.

Rooms, in the order in which a reader needs them:

- ``office``     the ledger under attack, and what people outside remember of it
- ``attack``     what an attack is: who makes it, what it changes, what it takes to see it
- ``hands``      what attackers do with a store: read it, write it, seal it anew
- ``spans``      the classes of bytes that an entry is made of
- ``database``, ``entries``, ``files``, ``operators``, ``officials``, ``bundles``   the attacks
- ``judges``     who looks, and what each of them says
- ``matrix``     all attacks held to what is expected of them
- ``page``       ``docs/tamper.md``

``python -m tests.tamper`` writes the page; with ``--check`` it fails where the page would be another.
"""
