"""What a verdict teaches, who sees which model ranks, and who may go back."""

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted
from kechuang.matching.rules.codes import Choice, Reason, State
from kechuang.matching.rules.refusals import MatchRefused

FEWEST_NEEDS = 25  # judged needs with something accepted, from which on the engine tries to learn
MANY_NEEDS = 300  # from which on it tries trees too
WHY_LONGEST = 1000

# A refusal for its price or its papers says nothing against what the offer is about.
_ABOUT_WORDS = frozenset({
    Reason.TARGET_MISSED, Reason.OTHER_FIELD, Reason.TOO_EARLY, Reason.OTHER,
})  # fmt: skip
_GLADLY = frozenset({State.INTENT, State.SIGNED, State.LANDED})


def label_of(choice: str, reason: str, reached: str | None = None) -> int | None:
    """What a verdict teaches: 0 refused, 1 accepted, 2 accepted and an intent came of it; None
    where the reason is not about what the offer says.

    >>> label_of("ACCEPT", "SAME_USE"), label_of("ACCEPT", "SAME_USE", "SIGNED")
    (1, 2)
    >>> label_of("REJECT", "OTHER_FIELD"), label_of("REJECT", "TOO_DEAR") is None
    (0, True)
    """
    if choice == Choice.ACCEPT:
        return 2 if reached in _GLADLY else 1
    return 0 if reason in _ABOUT_WORDS else None


def may_see_models(actor: Actor) -> bool:
    """The desk, who supervises it, and who operates the platform."""
    return actor.is_role(
        Role.LIAISON, Role.OFFICER, Role.HEAD, Role.SUPERVISOR, Role.OPERATOR
    )


def may_switch_model(actor: Actor) -> bool:
    """A model ranks for the whole installation, so its operator goes back, not an office."""
    return actor.is_role(Role.OPERATOR)


def switch_not_permitted() -> NotPermitted:
    return NotPermitted(
        "matching.may_not_switch_model", N_("您不能更换排序模型。"), {}, (),
        N_("请告知平台管理员。"),
    )


def check_switch(reason: str, is_in_force: bool, has_content: bool) -> None:
    """Refuses (MatchRefused) without words, what ranks already, and what never proved itself."""
    if not reason.strip():
        raise MatchRefused("matching.model_reason_missing", N_("请写明理由。"), fields=("reason",))
    if is_in_force:
        raise MatchRefused("matching.model_in_force", N_("现在用的就是这个模型。"))
    if not has_content:
        raise MatchRefused("matching.model_unproven", N_("这次学习没有得出胜过固定权重的模型。"))
