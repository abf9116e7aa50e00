"""Figures that a region publishes: defined in data files, measured from rows, observed
with their evidence, compared with targets and with other regions.
"""
