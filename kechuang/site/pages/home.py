"""The public home: the region at a glance, every number a way to its evidence."""

from django.http import HttpResponse
from django.shortcuts import render

from kechuang.doors.requests import AskedRequest
from kechuang.site.frame import Frame
from kechuang.site.home import glance


def home(request: AskedRequest) -> HttpResponse:
    """The line of the city, indicators, trend, map, open challenges, notices, checkpoint."""
    region = Frame(request).region
    return render(request, "site/home.html", {"glance": glance(region, request.actor, request.at)})
