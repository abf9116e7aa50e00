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
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
        connection.check_constraints()
    return caught.value.__cause__.diag.constraint_name


def money(funding):
    fresh = Funding.objects.get(pk=funding.pk)
    return fresh.reserved_fen, fresh.paid_fen
