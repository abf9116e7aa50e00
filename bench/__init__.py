"""Benchmarks: figures, never verdicts; every ratio comes from one run on one machine."""
