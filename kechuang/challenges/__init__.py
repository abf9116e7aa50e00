"""Challenges that a city opens to all (揭榜挂帅): from an argued need to sealed bids,
review, decision and award.
"""
