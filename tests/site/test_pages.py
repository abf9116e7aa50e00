"""The site's own pages: home, work list, search, proofs, account, operation, role switch."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.messages.actions import tell
from kechuang.parties.models import AccessToken, Region
from kechuang.record.actions import append, sequence_entries, take_checkpoint
from kechuang.site import work

PUBLIC = [
    "/", "/search/", "/verify/", "/help/", "/help/accessibility/", "/help/privacy/",
    "/help/states/", "/help/glossary/", "/help/enterprise/", "/help/team/", "/help/liaison/",
    "/help/expert/", "/help/officer/", "/help/public/", "/account/login/",
]  # fmt: skip


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_public_pages_answer_in_both_languages(world, prefix, path):
    answer = Client().get(prefix + path)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert f'<html lang="{"en" if prefix else "zh-Hans"}"' in html
    assert html.count("<h1") == 1


def test_each_page_links_to_itself_in_the_other_language(world):
    html = Client().get("/search/?q=%E8%BD%B4%E6%89%BF").content.decode()
    assert 'href="/en/search/?q=%E8%BD%B4%E6%89%BF"' in html


def test_the_region_switch_keeps_the_query(world):
    html = Client().get("/search/?q=a&after=x").content.decode()
    assert f"?q=a&amp;region={world.county.code}" in html


def test_a_home_without_regions_is_still_a_page(db):
    assert not Region.objects.exists()
    assert Client().get("/").status_code == 200


def test_home_names_the_latest_checkpoint(world, at):
    append(verb="test.act", object_number="XQ-2026-000001", by=world.filler.actor, at=at)
    sequence_entries()
    assert take_checkpoint(at=at).size == 256  # whatever was done: see tests/record/test_batches
    assert take_checkpoint(at=at).size == 512
    assert "到第 512 条" in Client().get("/").content.decode()


def test_unknown_and_hidden_are_one_page(world, settings):
    settings.DEBUG = False
    answer = Client().get("/no/such/page/")
    assert answer.status_code == 404
    assert "没有这一页，或您不能看" in answer.content.decode()


def test_the_work_list_asks_to_sign_in():
    answer = Client().get("/work/")
    assert answer.status_code == 302
    assert answer["Location"] == "/account/login/?next=/work/"


def matter(number, until, mine, at):
    since = at - timedelta(days=3)
    return Matter(number, "轴承", "需求初审", "林静", mine, since, until, "/needs/x/", "去办")


@pytest.fixture
def matters(monkeypatch):
    """Four matters: overdue, due today, later, and without a term; two are mine."""
    now = timezone.now()
    rows = [
        matter("XQ-4", None, False, now),
        matter("XQ-3", now + timedelta(days=9), True, now),
        matter("XQ-1", now - timedelta(days=9), True, now),
        matter("XQ-2", now + timedelta(seconds=1), False, now),
    ]
    monkeypatch.setattr(work, "_collectors", lambda: [(lambda actor, at: rows, 200)])
    return rows


def test_the_most_pressing_matter_stands_first(world, matters):
    listed = work.work_of(world.officer.actor, timezone.now())
    assert [m.number for m in listed.matters] == ["XQ-1", "XQ-2", "XQ-3", "XQ-4"]


def test_nothing_waits_for_the_public(matters):
    assert work.work_of(Actor.PUBLIC, timezone.now()).matters == []


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["XQ-1", "XQ-2", "XQ-3", "XQ-4"]),
        ("?who=me", ["XQ-1", "XQ-3"]),
        ("?who=others", ["XQ-2", "XQ-4"]),
        ("?due=overdue", ["XQ-1"]),
    ],
)
def test_tabs_filter_the_work_list(world, client_as, matters, query, numbers):
    html = client_as(world.officer).get(f"/work/{query}").content.decode()
    rows = html.partition("<tbody>")[2].partition("</tbody>")[0]
    assert [n for n in ("XQ-1", "XQ-2", "XQ-3", "XQ-4") if f">{n}</a>" in rows] == numbers


def test_a_long_work_list_is_shown_in_pages_with_all_of_it_counted(
    world, client_as, monkeypatch
):
    now = timezone.now()
    rows = [
        replace(matter(f"XQ-{n}", now + timedelta(days=n), True, now), url=f"/needs/XQ-{n}/")
        for n in range(work.SHOWN + 5)
    ]
    monkeypatch.setattr(work, "_collectors", lambda: [(lambda actor, at: rows, 35)])
    listed = work.work_of(world.officer.actor, now)
    first, after = listed.page("all", "")
    second, end = listed.page("all", after)
    assert (first + second, after, end) == (rows, f"/needs/XQ-{work.SHOWN - 1}/", "")
    assert listed.page("all", "/needs/gone/")[0] == first
    assert listed.is_cut
    client = client_as(world.officer)
    page = client.get("/work/").content.decode()
    assert page.count("<tr>") == 1 + work.SHOWN
    assert f"<b>{work.SHOWN + 5}+</b>" in page
    assert "看后面的" in page
    page = client.get("/work/", {"after": after}).content.decode()
    assert page.count("<tr>") == 1 + 5
    assert "回到最急的" in page


def test_links_of_the_work_list_follow_the_language(world, client_as, matters):
    html = client_as(world.officer).get("/en/work/").content.decode()
    assert 'href="/en/needs/x/"' in html


def test_an_empty_work_list_says_what_comes(world, client_as, monkeypatch):
    monkeypatch.setattr(work, "_collectors", list)
    html = client_as(world.filler).get("/work/").content.decode()
    assert "没有等您办的事" in html


def test_due_today_is_before_the_hour_and_overdue_after():
    at = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
    later = matter("a", at + timedelta(hours=4), True, at)
    earlier = matter("b", at - timedelta(hours=1), True, at)
    assert [work.falls_under(m, "today", at) for m in (later, earlier)] == [True, False]
    assert [work.falls_under(m, "overdue", at) for m in (later, earlier)] == [False, True]


def test_a_number_in_the_record_is_verified_without_names(world, at):
    append(verb="needs.submit", object_number="XQ-2026-000007", by=world.filler.actor, at=at)
    sequence_entries()
    answer = Client().get("/verify/XQ-2026-000007/")
    assert answer.status_code == 200
    html = answer.content.decode()
    assert "needs.submit" in html
    assert world.filler.person.name not in html
    assert world.filler.person.number not in html


def test_a_number_nobody_recorded_is_not_found(world):
    assert Client().get("/verify/XQ-2026-999999/").status_code == 404


def test_looking_a_number_up_leads_to_its_page(world):
    answer = Client().get("/verify/", {"number": " xq-2026-000007 "})
    assert answer["Location"] == "/verify/XQ-2026-000007/"
    assert Client().get("/verify/", {"number": ""}).status_code == 422


def test_the_record_is_read_by_the_supervisor_alone(world, client_as, at):
    append(verb="needs.submit", object_number="XQ-2026-000007", by=world.filler.actor, at=at)
    assert client_as(world.officer).get("/record/").status_code == 403
    html = client_as(world.supervisor).get("/record/?verb=needs").content.decode()
    assert "XQ-2026-000007" in html
    assert "没有这样的条目" in client_as(world.supervisor).get("/record/?q=XQ-1").content.decode()
    by_role = client_as(world.supervisor).get("/record/?role=OFFICER").content.decode()
    assert "XQ-2026-000007" not in by_role


def test_a_wrong_filter_is_refused_at_its_field(world, client_as):
    answer = client_as(world.supervisor).get("/record/?since=yesterday")
    assert answer.status_code == 422
    assert 'href="#id_since"' in answer.content.decode()


def test_operation_is_for_the_operator_and_shows_no_content(world, client_as):
    assert client_as(world.officer).get("/operate/").status_code == 403
    html = client_as(world.operator).get("/operate/").content.decode()
    assert "数据库" in html
    assert world.officer.person.number in html


def test_health_says_what_is_not_well(db):
    answer = Client().get("/healthz")
    assert answer.status_code == 503  # no worker runs in the tests
    assert answer.json()["well"] is False


def test_the_role_switch_changes_who_one_is(world, client):
    assert world.officer.appointment.number in client.get("/demo/switch/").content.decode()
    answer = client.post("/demo/switch/", {"appointment": world.officer.appointment.number})
    assert answer["Location"] == "/work/"
    assert world.officer.person.name in client.get("/work/").content.decode()


@pytest.mark.parametrize(
    "extra",
    [{"REMOTE_ADDR": "10.0.0.7"}, {"HTTP_X_FORWARDED_FOR": "10.0.0.7"}, {"HTTP_FORWARDED": "a"}],
)
def test_the_role_switch_is_closed_to_other_machines(world, client, extra):
    assert client.get("/demo/switch/", **extra).status_code == 404
    form = {"appointment": world.officer.appointment.number}
    assert client.post("/demo/switch/", form, **extra).status_code == 404
    assert client.get("/work/").status_code == 302


def test_the_role_switch_exists_only_in_the_demonstration(world, client, settings):
    settings.KECHUANG_DEMO = False
    assert client.get("/demo/switch/").status_code == 404


def test_one_acts_in_one_of_ones_own_appointments_only(world, client_as):
    client = client_as(world.officer)
    stranger = world.head.appointment.number
    client.post("/account/act-as/", {"appointment": stranger})
    assert client.session["appointment"] == world.officer.appointment.number
    world.add("officer_twice", Role.LIAISON, region=world.city)


def test_a_token_is_shown_once_and_revoked(world, client_as):
    client = client_as(world.filler)
    made = client.post("/account/tokens/new/", {"label": "对接", "days": "30"})
    assert made["Location"] == "/account/"
    first, second = (client.get("/account/").content.decode() for _ in range(2))
    assert "令牌已生成，只显示这一次" in first
    assert "令牌已生成，只显示这一次" not in second
    token = AccessToken.objects.get()
    client.post(f"/account/tokens/{token.number}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_nobody_revokes_anothers_token(world, client_as):
    client_as(world.filler).post("/account/tokens/new/", {"label": "对接", "days": "30"})
    token = AccessToken.objects.get()
    answer = client_as(world.officer).post(f"/account/tokens/{token.number}/revoke/")
    assert answer.status_code == 404


def test_a_token_does_not_go_around_the_second_step(world, client_as, settings):
    settings.KECHUANG_DEMO = False
    answer = client_as(world.officer).post("/account/tokens/new/", {"label": "x", "days": "30"})
    assert answer["Location"] == "/account/2fa/totp/activate/"
    assert not AccessToken.objects.exists()


def test_messages_say_that_something_waits(world, client_as, at):
    tell(
        people=[world.officer.person.number], template="needs.submitted",
        object_number="XQ-2026-000001", by=world.filler.actor, at=at,
    )  # fmt: skip
    client = client_as(world.officer)
    assert "一项需求等您签发" in client.get("/messages/").content.decode()
    client.post("/messages/read/")
    assert "未读" not in client.get("/messages/").content.decode()


def test_the_work_list_costs_the_same_with_one_row_and_thirty(
    world, client_as, monkeypatch, django_assert_num_queries
):
    client, now = client_as(world.officer), timezone.now()
    for count in (1, 30):
        rows = [matter(f"XQ-{n}", now, True, now) for n in range(count)]
        found = [(lambda actor, at, rows=rows: rows, 200)]
        monkeypatch.setattr(work, "_collectors", lambda found=found: found)
        with django_assert_num_queries(6):
            assert client.get("/work/").status_code == 200
