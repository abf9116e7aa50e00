"""Registers filled by the batch: one entry of the record with the root of its rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.codes import check_credit_code
from kechuang.parties import rules
from kechuang.parties.models import Organisation, Region
from kechuang.record.actions import append_batch, take_numbers

BATCH = 2000


@transaction.atomic
def enter_regions(
    *, rows: Sequence[Mapping[str, Any]], by: Actor, at: datetime
) -> dict[str, Region]:
    """Enter regions by code, parents before children; those that are there stay as they are.

    A row has code, name, name_en, level, parent (a code or ""), and may have source, tile_x,
    tile_y and is_demo. Gives all of them by code.
    """
    rules.check_may_register(by)
    known = {
        region.code: region
        for region in Region.objects.filter(
            until__isnull=True, code__in=[row["code"] for row in rows]
        )
    }
    fresh = []
    for row in rows:
        if row["code"] in known:
            continue
        parent = known[row["parent"]] if row["parent"] else None
        path = f"{parent.path}/{row['code']}" if parent else str(row["code"])
        known[row["code"]] = Region.objects.create(**{**row, "parent": parent}, path=path)
        fresh.append({"code": row["code"], "path": path})
    if fresh:
        append_batch(
            verb="parties.enter_regions", object_number="-", rows=fresh, by=by, at=at
        )
    return known


@transaction.atomic
def register_organisations(
    *, rows: Sequence[Mapping[str, Any]], by: Actor, at: datetime
) -> list[Organisation]:
    """Enter many organisations at once; a row has code, name, kind, region and other columns.

    Refuses a wrong credit code (base.codes.CodeRefused); one that is taken breaks the batch.
    """
    rules.check_may_register(by)
    numbers = take_numbers("DW", len(rows), at=at)
    made = Organisation.objects.bulk_create(
        [
            Organisation(
                **{"registered_at": at, **row, "code": check_credit_code(row["code"])},
                number=number, region_path=row["region"].path,
            )
            for number, row in zip(numbers, rows, strict=True)
        ],
        batch_size=BATCH,
    )  # fmt: skip
    append_batch(
        verb="parties.register_organisations", object_number="-", by=by, at=at,
        rows=[{"code": one.code, "kind": one.kind} for one in made],
    )  # fmt: skip
    return made
