"""Operation: health, jobs and appointments; no right to content."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render

from kechuang.base.actor import Role
from kechuang.base.time import shanghai_date
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.parties.models import Account, Appointment
from kechuang.parties.queries import in_force
from kechuang.site import health
from kechuang.site.frame import identity_words


def healthz(request: AskedRequest) -> JsonResponse:
    """200 when web, database and worker are well, else 503 and which is not."""
    seen = health.findings(request.at)
    well = all(finding.is_well for finding in seen)
    answer = {"well": well, **{f.name: f.text.format(**f.facts) for f in seen}}
    return JsonResponse(answer, status=200 if well else 503)


@signed_in
def operate(request: AskedRequest) -> HttpResponse:
    """What the platform administrator keeps running; content is not shown and the page says so."""
    if not request.actor.is_role(Role.OPERATOR):
        return render(request, "site/not_yours.html", {"role": Role.OPERATOR}, status=403)
    held = Appointment.objects.filter(in_force(shanghai_date(request.at)))
    held = held.select_related("person", "organisation", "region")
    role = request.GET.get("role", "")
    if role in set(Role):
        held = held.filter(role=role)
    page = keyset(held, after=request.GET.get("after", ""))
    return render(
        request, "site/operate.html",
        {
            "findings": health.findings(request.at),
            "jobs": health.job_counts(),
            "failed": health.failed_jobs(),
            "accounts": Account.objects.filter(is_active=True).count(),
            "appointments": [(row, identity_words(row)) for row in page.rows],
            "next_after": page.next_after,
        },
    )  # fmt: skip
