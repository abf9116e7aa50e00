"""Writes of indicators: measure, publish, set targets, import, define."""

from kechuang.indicators.actions.importing import import_observations
from kechuang.indicators.actions.measuring import (
    measure,
    publish_observation,
)
from kechuang.indicators.actions.targeting import set_target, set_targets

__all__ = ["import_observations", "measure", "publish_observation", "set_target", "set_targets"]
