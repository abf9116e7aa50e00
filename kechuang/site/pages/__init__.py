"""The site's own pages: home, work list, search, proofs, help, operation, account, errors."""

from django.urls import path

from kechuang.site.pages import (
    account,
    demo,
    erasures,
    find,
    guide,
    home,
    interface,
    operate,
    proofs,
    sheets,
    supervise,
    work,
)

urls = [
    path("", home.home, name="home"),
    path("work/", work.work, name="work"),
    path("search/", find.search, name="search"),
    path("verify/", proofs.verify, name="verify"),
    path("verify/<str:number>/", proofs.verify_number, name="verify-number"),
    path("record/", supervise.record, name="record"),
    path("record/erasures/", erasures.erasures, name="erasures"),
    path("record/erasures/new/", erasures.new, name="erasure-new"),
    path("record/erasures/<str:number>/", erasures.erasure, name="erasure"),
    path("operate/", operate.operate, name="operate"),
    path("account/", account.account, name="account"),
    path("account/act-as/", account.act_as, name="account-act-as"),
    path("account/tokens/new/", account.new_token, name="token-new"),
    path("account/tokens/<str:number>/revoke/", account.revoke_token, name="token-revoke"),
    path("messages/", account.inbox, name="inbox"),
    path("messages/read/", account.mark_read, name="inbox-read"),
    path("demo/switch/", demo.switch, name="demo-switch"),
    path("demo/clock/", demo.pass_time, name="demo-clock"),
    *sheets.urls,
    *interface.urls,  # before the guides, whose address takes any name
    *guide.urls,
]
plain_urls = [path("healthz", operate.healthz, name="healthz")]
