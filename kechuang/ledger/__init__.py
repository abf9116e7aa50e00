"""Money in fen: accounts, double entries that sum to zero, payment orders that need
three people.
"""
