"""Writes of the parties: register, appoint, give and revoke tokens, import."""

from kechuang.parties.actions.appointments import (
    appoint,
    appoint_in_unit,
    create_token,
    end_appointment,
    revoke_token,
)
from kechuang.parties.actions.bulk import (
    enter_regions,
    register_organisations,
    register_people,
)
from kechuang.parties.actions.consortia import (
    answer_membership,
    end_consortium,
    end_membership,
    found_consortium,
    invite_member,
    pass_lead,
)
from kechuang.parties.actions.imports import import_organisations, read_organisations
from kechuang.parties.actions.register import (
    keep_contact,
    open_account,
    register_organisation,
    register_person,
)

__all__ = [
    "answer_membership",
    "end_consortium",
    "end_membership",
    "found_consortium",
    "invite_member",
    "pass_lead",
    "appoint",
    "appoint_in_unit",
    "create_token",
    "end_appointment",
    "enter_regions",
    "import_organisations",
    "register_organisations",
    "register_people",
    "keep_contact",
    "open_account",
    "read_organisations",
    "register_organisation",
    "register_person",
    "revoke_token",
]
