"""The public home: the region at a glance, every number a way to its evidence."""

from django.http import HttpResponse
from django.shortcuts import render

from kechuang.doors.requests import AskedRequest
from kechuang.site.frame import Frame
from kechuang.site.home import glance
from kechuang.site.home_own import own_card


def home(request: AskedRequest) -> HttpResponse:
    """The line of the city, indicators, trend, map, open challenges, notices, checkpoint."""
    seen = glance(Frame(request).region, request.at)
    own = own_card(request.actor, request.at)
    return render(request, "site/home.html", {"glance": seen, "own": own})
