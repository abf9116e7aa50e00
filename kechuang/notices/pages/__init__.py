"""Pages of the notices: the public list, one notice, objecting, and handling objections."""

from django.urls import path

from kechuang.notices.pages import objections, public

urls = [
    path("notices/", public.notices, name="notices"),
    path("notices.csv", public.notices_csv, name="notices-csv"),
    path("notices/new/", public.new, name="notice-new"),
    path("notices/<str:number>/", public.notice, name="notice"),
    path("notices/<str:number>/object/", objections.object_to, name="notice-object"),
    path(
        "notices/<str:number>/object/autosave/", objections.object_autosave,
        name="notice-object-autosave",
    ),
    path("notices/<str:number>/cancel/", objections.notice_cancel, name="notice-cancel"),
    path("objections/", objections.objections, name="objections"),
    path("objections/<str:number>/", objections.objection, name="objection"),
    path("objections/<str:number>/attach/", objections.attach, name="objection-attach"),
    path("objections/<str:number>/files/<str:file>/", objections.file, name="objection-file"),
    *(
        path(
            f"objections/<str:number>/{verb}/", objections.step(verb), name=f"objection-{verb}"
        )
        for verb in ("accept", "refuse", "answer", "decide", "execute", "withdraw")
    ),
]  # fmt: skip
