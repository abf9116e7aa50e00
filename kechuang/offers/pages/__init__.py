"""Pages of the offers: the list, one offer, its draft, and every step."""

from django.urls import path

from kechuang.offers.pages import drafts, lists, objects

urls = [
    path("offers/", lists.offers, name="offers"),
    path("offers.csv", lists.offers_csv, name="offers-csv"),
    path("offers/new/", drafts.new, name="offer-new"),
    path("offers/new/autosave/", drafts.autosave, name="offer-new-autosave"),
    path("offers/<str:number>/", objects.offer, name="offer"),
    path("offers/<str:number>/edit/", drafts.edit, name="offer-edit"),
    path("offers/<str:number>/autosave/", drafts.autosave, name="offer-autosave"),
    path("offers/<str:number>/discard/", drafts.discard, name="offer-discard"),
    path("offers/<str:number>/sign/", objects.sign, name="offer-sign"),
    path("offers/<str:number>/return/", objects.give_back, name="offer-return"),
    path("offers/<str:number>/withdraw/", objects.withdraw, name="offer-withdraw"),
]
