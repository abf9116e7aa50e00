"""What matching refuses."""

from kechuang.base.refusals import Refused


class MatchRefused(Refused):
    """Something asked of a match is not done."""


class IntroductionRefused(Refused):
    """Something asked of an introduction is not done."""


class EventRefused(Refused):
    """Something asked of a match event is not done."""
