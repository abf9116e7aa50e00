"""Pages of the needs: the list, one need, its draft, and every step."""

from django.urls import path

from kechuang.needs.pages import drafts, lists, objects, steps

urls = [
    path("needs/", lists.needs, name="needs"),
    path("needs.csv", lists.needs_csv, name="needs-csv"),
    path("needs/new/", drafts.new, name="need-new"),
    path("needs/new/autosave/", drafts.autosave, name="need-new-autosave"),
    path("needs/<str:number>/", objects.need, name="need"),
    path("needs/<str:number>/edit/", drafts.edit, name="need-edit"),
    path("needs/<str:number>/autosave/", drafts.autosave, name="need-autosave"),
    path("needs/<str:number>/discard/", drafts.discard, name="need-discard"),
    path("needs/<str:number>/attach/", drafts.attach, name="need-attach"),
    path("needs/<str:number>/attachments/<str:attachment>/", objects.attachment,
         name="need-attachment"),
    path("needs/<str:number>/attachments/<str:attachment>/remove/", drafts.detach,
         name="need-detach"),
    path("needs/<str:number>/sign/", steps.sign, name="need-sign"),
    path("needs/<str:number>/return/", steps.give_back, name="need-return"),
    path("needs/<str:number>/pass/", steps.pass_on, name="need-pass"),
    path("needs/<str:number>/merge/", steps.merge, name="need-merge"),
    path("needs/<str:number>/withdraw/", steps.withdraw, name="need-withdraw"),
    path("needs/<str:number>/reconfirm/", steps.reconfirm, name="need-reconfirm"),
    path("needs/<str:number>/solve/", steps.solve, name="need-solve"),
]  # fmt: skip
