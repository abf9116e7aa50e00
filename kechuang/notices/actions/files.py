"""Files that an objector adds to an objection."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, require
from kechuang.files.actions import keep_blob
from kechuang.files.models import Blob
from kechuang.notices import rules
from kechuang.notices.models import Objection, ObjectionFile
from kechuang.record.actions import append


@transaction.atomic
def add_objection_file(
    *, objection: Objection, name: str, content: bytes, by: Actor, at: datetime
) -> ObjectionFile:
    """Keep a file with one's own open objection; at most ten."""
    require(
        rules.may_attach(by, objection.facts), rules.not_permitted(rules.OBJECTOR_MAY)
    )
    blob = keep_blob(content=content, filename=name, by=by, at=at)
    return attach_to_objection(objection=objection, blob=blob, name=name, by=by, at=at)


@transaction.atomic
def attach_to_objection(
    *, objection: Objection, blob: Blob, name: str, by: Actor, at: datetime
) -> ObjectionFile:
    """Link a file that is kept to one's own open objection; its fingerprint is recorded."""
    row = Objection.objects.select_for_update(of=("self",)).select_related(
        "notice", "objector", "handler"
    ).get(pk=objection.pk)
    require(rules.may_attach(by, row.facts), rules.not_permitted(rules.OBJECTOR_MAY))
    kept = ObjectionFile.objects.filter(objection=row).count()
    require(kept < rules.FILES_MOST, rules.ObjectionRefused(
        "notices.files_many", N_("附件最多 {most} 份。"), {"most": rules.FILES_MOST}, ("file",),
        N_("请把材料合并成一份。"),
    ))
    made = ObjectionFile.objects.create(objection=row, blob=blob, name=name[:200], added_at=at)
    append(
        verb="notices.attach_to_objection", object_number=row.number, by=by, at=at,
        payload={"hash": blob.hash, "size": blob.size},
    )  # fmt: skip
    return made
