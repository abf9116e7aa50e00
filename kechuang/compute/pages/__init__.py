"""The pages of the desk: centres, allocations, jobs, statements."""

from django.urls import path

from kechuang.compute.pages import allocations, centres, jobs, quotes, statements

urls = [
    path("centres/", centres.centres, name="centres"),
    path("centres.csv", centres.centres_csv, name="centres-csv"),
    path("centres/<str:number>/", centres.centre, name="centre"),
    path("centres/<str:number>/prices/", centres.prices, name="centre-prices"),
    path("centres/<str:number>/state/", centres.state, name="centre-state"),
    path("allocations/", allocations.allocations, name="allocations"),
    path("allocations.csv", allocations.allocations_csv, name="allocations-csv"),
    path("allocations/new/", allocations.new, name="allocation-new"),
    path("allocations/<str:number>/", allocations.allocation, name="allocation"),
    path("allocations/<str:number>/grant/", allocations.grant, name="allocation-grant"),
    path("allocations/<str:number>/return/", allocations.give_back, name="allocation-return"),
    path("allocations/<str:number>/renew/", allocations.renew, name="allocation-renew"),
    path("allocations/<str:number>/revoke/", allocations.revoke, name="allocation-revoke"),
    path(
        "allocations/<str:number>/lock/<str:centre>/<str:month>/", statements.lock,
        name="statement-lock",
    ),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs.csv", jobs.jobs_csv, name="jobs-csv"),
    path("jobs/new/", quotes.new, name="job-new"),
    path("jobs/<str:number>/", jobs.job, name="job"),
    path("jobs/<str:number>/live/", jobs.live, name="job-live"),
    path("jobs/<str:number>/quote/", quotes.requote, name="job-quote"),
    path("jobs/<str:number>/submit/", quotes.submit, name="job-submit"),
    path("jobs/<str:number>/cancel/", jobs.cancel, name="job-cancel"),
    path("jobs/<str:number>/retry/", jobs.retry, name="job-retry"),
    path("jobs/<str:number>/runs/<str:run>/log/", jobs.log, name="job-log"),
    path("jobs/<str:number>/results/<str:file>/", jobs.result, name="job-result"),
    path("statements/", statements.statements, name="statements"),
    path("statements/<str:number>/", statements.statement, name="statement"),
    path("statements/<str:number>/adjust/", statements.adjust, name="statement-adjust"),
    path(
        "statements/<str:number>/adjustments/<str:adjustment>/approve/", statements.approve,
        name="adjustment-approve",
    ),
]  # fmt: skip
