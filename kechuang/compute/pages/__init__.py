"""The pages of the desk: centres, allocations, jobs, statements."""

from django.urls import path

from kechuang.compute.pages import (
    allocations,
    centres,
    data,
    jobs,
    quotes,
    registry,
    statements,
)

urls = [
    path("centres/", centres.centres, name="centres"),
    path("centres.csv", centres.centres_csv, name="centres-csv"),
    path("centres/new/", registry.new, name="centre-new"),
    path("centres/load/", data.load, name="centres-load"),
    path("centres/<str:number>/", centres.centre, name="centre"),
    path("centres/<str:number>/change/", registry.change, name="centre-change"),
    path("centres/<str:number>/test/", registry.test, name="centre-test"),
    path("centres/<str:number>/prices/", registry.prices, name="centre-prices"),
    path(
        "centres/<str:number>/prices/<str:asked>/set/", registry.set_prices, name="price-set"
    ),
    path(
        "centres/<str:number>/prices/<str:asked>/refuse/", registry.refuse_prices,
        name="price-refuse",
    ),
    path("centres/<str:number>/phases/new/", registry.phase_new, name="phase-new"),
    path("centres/<str:number>/phases/<int:place>/", registry.phase, name="phase"),
    path("centres/<str:number>/state/", centres.state, name="centre-state"),
    path("network/", data.network, name="network"),
    path("network/new/", data.network_new, name="network-new"),
    path("data-sets/", data.data_sets, name="data-sets"),
    path("data-sets/new/", data.data_new, name="data-new"),
    path("data-sets/<str:number>/", data.data_set, name="data-set"),
    path("data-sets/<str:number>/change/", data.data_change, name="data-change"),
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
