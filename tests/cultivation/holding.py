"""What the tests of benefits ask again and again: refusals, what the database holds, money."""


import pytest
from django.db import IntegrityError, connection, transaction

from kechuang.base.refusals import Refused
from kechuang.cultivation.models import Funding


def refused(act, *codes):
    with pytest.raises(Refused) as caught:
        act()
    assert [one.code for one in caught.value.refusals] == list(codes)


def database_refuses(sql, *values):
    def act():
        with connection.cursor() as cursor:
            cursor.execute(sql, values)

    return database_refuses_to(act)


def database_refuses_to(act):
    """The constraint that keeps the database from this."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        act()
        connection.check_constraints()
    return caught.value.__cause__.diag.constraint_name


def money(funding):
    fresh = Funding.objects.get(pk=funding.pk)
    return fresh.reserved_fen, fresh.paid_fen
