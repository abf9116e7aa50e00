"""Every write of cultivation."""

from kechuang.cultivation.actions.tiers import recompute

__all__ = ["recompute"]
