"""The pages of projects: list, object, agreement, milestone, instalment, and a form for each act.

Every act has its own address: `/projects/<number>/<verb>/`, below a milestone or an instalment
where it is about one.
"""

from django.urls import path

from kechuang.projects.pages import acts, agreements, lists, milestones, payments, show

urls = [
    path("projects/", lists.projects, name="projects"),
    path("projects.csv", lists.projects_csv, name="projects-csv"),
    path("projects/<str:number>/", show.project, name="project"),
    path("projects/<str:number>/ledger.csv", show.ledger_csv, name="project-ledger"),
    path(
        "projects/<str:number>/agreements/<int:edition>/",
        agreements.agreement,
        name="project-agreement",
    ),
    path(
        "projects/<str:number>/draft-agreement/",
        agreements.draft_agreement,
        name="project-draft-agreement",
    ),
    path(
        "projects/<str:number>/evidence/<str:evidence>/",
        show.evidence_file,
        name="project-acceptance-evidence",
    ),
    path(
        "projects/<str:number>/receipts/<str:receipt>/file/",
        show.receipt_file,
        name="project-receipt-file",
    ),
    *[
        path(
            f"projects/<str:number>/{verb.replace('_', '-')}/",
            acts.act,
            {"verb": verb},
            name=f"project-{verb.replace('_', '-')}",
        )
        for verb in acts.ACTS
    ],
    path(
        "projects/<str:number>/milestones/<str:code>/",
        milestones.milestone,
        name="project-milestone",
    ),
    path(
        "projects/<str:number>/milestones/<str:code>/evidence/<str:evidence>/",
        milestones.evidence_file,
        name="project-evidence",
    ),
    *[
        path(
            f"projects/<str:number>/milestones/<str:code>/{slug}/",
            milestones.act,
            {"slug": slug},
            name=f"project-milestone-{slug}",
        )
        for slug in milestones.ACTS
    ],
    path(
        "projects/<str:number>/instalments/<int:sequence>/",
        payments.instalment,
        name="project-instalment",
    ),
    *[
        path(
            f"projects/<str:number>/instalments/<int:sequence>/{slug}/",
            payments.act,
            {"slug": slug},
            name=f"project-instalment-{slug}",
        )
        for slug in payments.ACTS
    ],
]
