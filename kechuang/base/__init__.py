"""Leaf values that every part speaks: the actor, refusals, numbers, money, periods,
working days, codes.
"""
