"""Money in fen: accounts, double entries that sum to zero, payment orders that need three people.

What a project may be paid, what its passed gates released, what was paid, taken back and brought
in by the unit itself. Nothing here is ever changed: a correction is another entry. What the
invariants of design/procedures.md#money say, the database keeps (migration 0002).
"""
