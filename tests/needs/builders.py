"""Needs at each step, made through the actions."""

from kechuang.needs import actions

TYPED = {
    "title": "功率模块用低温烧结铜膏",
    "body": "现用银膏，占模块材料成本一成半。试过两家国产铜膏，250 ℃ 以下致密不足，脱层。",
    "chain": "NEW_MATERIALS",
    "keywords": "烧结、铜膏",
    "budget": "300",
    "due": "2028-02-28",
    "publication": "PUBLIC",
    "targets": [
        {"name": "剪切强度", "comparison": "AT_LEAST", "value": "60", "unit": "MPa"},
        {"name": "烧结温度", "comparison": "RANGE", "value": "200", "value_high": "250",
         "unit": "℃"},
    ],
}


def drafted(world, at, **typed):
    return actions.save_draft(typed=TYPED | typed, by=world.filler.actor, at=at)


def submitted_need(world, at, **typed):
    need = drafted(world, at, **typed)
    return actions.submit_need(need=need, by=world.filler.actor, at=at)


def waiting_need(world, at, **typed):
    """A need that waits at the county."""
    need = submitted_need(world, at, **typed)
    return actions.sign_need(need=need, consent=True, by=world.unit_admin.actor, at=at)


def accepted_need(world, at, **typed):
    need = waiting_need(world, at, **typed)
    need = actions.pass_check(need=need, by=world.officer_county.actor, at=at)
    return actions.pass_check(need=need, by=world.officer.actor, at=at)
