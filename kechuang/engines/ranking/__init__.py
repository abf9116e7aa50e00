"""Ranks offers for a need, and says why, word by word."""
