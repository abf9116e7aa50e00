"""The append-only record of what was done, by whom and when; the register of numbers;
stages and jobs.
"""
