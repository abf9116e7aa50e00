"""Enterprises as they grow: what is known of them, which tier they stand at and what they nearly
reach, and the benefits that the law grants them without their asking.
"""
