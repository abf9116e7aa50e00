"""Tags and filters: figures, deadlines, fields and summaries, in both languages."""

from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, Template
from django.utils import translation
from django.utils.html import strip_tags

from kechuang.base.matters import Matter
from kechuang.base.refusals import Refused
from kechuang.doors.forms import Form
from kechuang.parties.models import Person
from kechuang.parties.queries import named
from kechuang.site.templatetags import budgets, figures, kc, words


def shown(text, **context):
    return Template("{% load kc %}" + text).render(Context(context))


def moment(text):
    return datetime.fromisoformat(f"{text}+08:00")


class NeedForm(Form):
    title = forms.CharField(label="题目", help_text="一句话")
    extent = forms.ChoiceField(
        label="公开范围", widget=forms.RadioSelect,
        choices=[("PUBLIC", "全部公开　找到团队最快"), ("CLOSED", "不公开")],
    )  # fmt: skip
    budget = forms.CharField(label="愿出经费", required=False)
    agreed = forms.BooleanField(label="已核对")


@pytest.mark.parametrize(
    ("language", "fen", "expected"),
    [
        ("zh-hans", 600_000_000, "600 万元"),
        ("zh-hans", 2_493_000_000_000, "249.3 亿元"),
        ("zh-hans", 98_000_00, "9.8 万元"),
        ("zh-hans", 999_999, "9,999.99 元"),
        ("en", 600_000_000, "6 million yuan"),
        ("en", 2_493_000_000_000, "24.93 billion yuan"),
    ],
)
def test_money_is_said_in_the_unit_of_the_reader(language, fen, expected):
    with translation.override(language):
        assert f">{expected}</data>" in shown("{{ fen|money }}", fen=fen)


def test_money_carries_its_exact_yuan():
    html = shown("{{ fen|money }}", fen=600_000_000)
    assert 'value="6000000.00"' in html
    assert 'data-exact="6,000,000.00 元"' in html


def test_missing_money_is_named():
    assert shown("{{ fen|money }}", fen=None) == "未写明"
    assert shown('{{ fen|money:"未公布" }}', fen=None) == "未公布"


def test_ledger_money_has_fen_and_no_unit():
    assert words.yuan(600_000_001) == "6,000,000.01"
    assert words.wan(1_200_000_000_00) == "120,000"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1284, "1,284"), (True, True), ("x", "x"), (19938.0, "19,938"), (97.92, "97.92")],
)
def test_thousands(value, expected):
    assert words.thousands(value) == expected


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (0, "0 秒", "0 s"), (119.4, "119 秒", "119 s"), (120, "2 分", "2 min"),
        (7199, "120 分", "120 min"), (7200, "2 时", "2 h"), (33_840, "9.4 时", "9.4 h"),
        (172_800, "2 天", "2 days"), (280_000, "3.2 天", "3.2 days"), (None, "—", "—"),
    ],
)  # fmt: skip
def test_a_span_is_said_in_the_unit_that_people_use(seconds, chinese, english):
    with translation.override("zh-hans"):
        assert words.span(seconds) == chinese
    with translation.override("en"):
        assert words.span(seconds) == english


@pytest.mark.parametrize(
    ("size", "as_megabytes", "as_grams"),
    [
        (0, "0 MB", "0 g"), (999, "999 MB", "999 g"), (48_000, "48 GB", "48 kg"),
        (1_800_000, "1.8 TB", "1.8 t"), (None, "—", "—"),
    ],
)  # fmt: skip
def test_sizes_and_weights_are_said_in_their_own_unit(size, as_megabytes, as_grams):
    assert (words.megabytes(size), words.grams(size)) == (as_megabytes, as_grams)


@pytest.mark.parametrize(
    ("yuan", "expected"), [(0.1, "0.1"), (0.08505, "0.08505"), (0, "0"), (12.0, "12")]
)
def test_a_small_price_is_said_as_exact_as_it_is_set(yuan, expected):
    assert words.rate(yuan) == expected


def test_days_are_said_and_dated():
    assert words.day(date(2023, 8, 29)) == "2023年8月29日"
    assert words.date_iso(moment("2026-11-21T23:30")) == "2026-11-21"
    assert words.moment(datetime.fromisoformat("2026-11-21T09:00:00+00:00")) == "2026-11-21 17:00"
    with translation.override("en"):
        assert words.day(date(2023, 8, 29)) == "29 August 2023"


@pytest.mark.parametrize(
    ("until", "at", "expected"),
    [
        (None, "2023-08-29T10:24", ("未设期限", "none")),
        ("2023-08-24T17:00", "2023-08-29T10:24", ("逾期 2 天", "bad")),
        ("2023-08-25T17:00", "2023-08-29T10:24", ("逾期 1 天", "bad")),
        ("2023-08-29T10:00", "2023-08-29T10:24", ("今日逾期", "bad")),
        ("2023-08-24T17:00", "2023-08-27T10:24", ("逾期 1 天", "bad")),
        ("2023-08-25T17:00", "2023-08-27T10:24", ("已逾期", "bad")),
        ("2023-08-25T17:00", "2023-08-28T10:24", ("已逾期", "bad")),
        ("2023-08-29T14:00", "2023-08-29T10:24", ("今天 14:00", "soon")),
        ("2023-09-01T17:00", "2023-08-29T10:24", ("剩 3 天", "now")),
    ],
)
def test_a_deadline_says_what_is_left_or_late(until, at, expected):
    assert kc.due_words(until and moment(until), moment(at)) == expected


def test_waiting_is_counted_in_working_days():
    at = moment("2023-08-29T10:24")
    assert shown("{% waited since at %}", since=moment("2023-08-18T09:00"), at=at) == "7 日"


def test_deadlines_in_english_know_one_from_many():
    with translation.override("en"):
        at = moment("2026-11-20T10:00")
        assert kc.due_words(moment("2026-11-21T17:00"), at)[0] == "1 day left"
        assert kc.due_words(moment("2026-11-23T17:00"), at)[0] == "3 days left"


def test_a_state_has_a_shape_and_a_word():
    assert shown('{% state "已完成" "ok" %}') == '<span class="kc-st ok">已完成</span>'
    with pytest.raises(ValueError, match="no such kind"):
        kc.state("x", "green")


def test_evidence_names_its_figure_for_screen_readers():
    html = shown('{% evidence "/indicators/a/990100/2026/" "21 行" "需求" %}')
    assert "data-drawer" in html
    assert '<span class="visually-hidden">需求：</span>21 行' in html
    assert "data-drawer" not in shown('{% evidence "#ledger" "台账 4 笔" %}')


def test_a_field_has_label_help_and_error_tied_to_it():
    form = NeedForm({"title": "", "extent": "PUBLIC", "agreed": "on"})
    html = shown("{% field form.title %}", form=form)
    assert '<label class="form-label" for="id_title">题目</label>' in html
    assert 'id="id_title-h">一句话</p>' in html
    assert 'aria-describedby="id_title-h id_title-e"' in html
    assert 'aria-invalid="true"' in html


def test_radios_are_pills_with_a_small_note():
    html = shown("{% field form.extent %}", form=NeedForm())
    assert html.startswith('<fieldset class="kc-f"><legend class="form-label">公开范围</legend>')
    assert html.count('class="kc-pill"') == 2
    assert '全部公开<span class="kc-xs kc-2">　找到团队最快</span>' in html


def test_money_fields_stand_beside_their_unit_and_are_read_back():
    form = NeedForm({"budget": "300"})
    html = shown('{% field form.budget unit="万元" %}', form=form)
    assert '<span class="input-group-text">万元</span>' in html
    assert 'data-money="wan"' in html
    assert "<b>3,000,000.00 元</b>（三百万元整）" in html
    assert "（可不填）" in html


def test_the_summary_links_each_error_to_its_field():
    form = NeedForm({"title": "", "budget": "1"})
    html = shown("{% form_errors form %}", form=form)
    assert "有 3 处需要改，改完才能提交" in html
    assert 'href="#id_title"' in html
    assert 'href="#id_extent_0"' in html
    assert 'href="#id_agreed"' in html


def test_a_refusal_stands_whole_with_its_code():
    form = NeedForm({"title": "x", "extent": "PUBLIC", "agreed": "on"})
    assert form.is_valid()
    form.accept(Refused("challenges.late_bid", "不能再提交方案。已截止。", way_on="可订阅下一轮。"))
    html = shown("{% form_errors form %}", form=form)
    assert "<h2>不能再提交方案</h2>" in html
    assert "已截止。 可订阅下一轮。" in html
    assert "challenges.late_bid" in html


def test_a_form_without_errors_has_no_summary():
    assert shown("{% form_errors form %}", form=NeedForm()) == ""


def test_the_money_bar_sums_to_the_total():
    fen = 100_000_000  # a million yuan
    parts = budgets.parts(
        {"total_fen": 90 * fen, "public_fen": 30 * fen, "own_fen": 60 * fen,
         "public_paid_fen": 6 * fen, "own_received_fen": 12 * fen}
    )  # fmt: skip
    assert sum(part["fen"] for part in parts["rects"]) == 90 * fen
    assert [part["width"] for part in parts["rects"]] == ["6.67", "26.67", "13.33", "53.33"]
    assert parts["paid_share"] == "20%"


def test_a_matter_is_said_as_task_and_title():
    at = moment("2026-11-21T10:00")
    matter = Matter("XQ-2026-000001", "轴承", "需求初审", "您", True, at, None, "/", "去办")
    assert shown("{% matter_words m %}", m=matter) == "需求初审：轴承"


def test_every_idempotency_key_is_new():
    assert shown("{% idempotency %}") != shown("{% idempotency %}")


@pytest.mark.parametrize(
    ("language", "name_en", "expected"),
    [
        ("zh-hans", "Lin Jing", "林静"),
        ("en", "Lin Jing", "Lin Jing"),
        ("en", "", "林静"),
    ],
)
def test_people_are_named_in_the_language_of_the_reader(language, name_en, expected):
    person = Person(name="林静", name_en=name_en)
    with translation.override(language):
        assert shown("{{ who|in_language }}", who=person) == expected
        assert named([person]) == expected


def test_nobody_has_no_name():
    assert shown("{{ who|in_language|default:'尚未任命' }}", who=None) == "尚未任命"


@pytest.mark.parametrize(("language", "step"), [("zh-hans", "办到哪一步"), ("en", "Step")])
def test_a_history_says_the_step_and_leaves_out_empty_notes_on_a_phone(language, step):
    stages = [{"since": moment("2026-03-02T09:30"), "label": "起草中", "who": "林静"}]
    with translation.override(language):
        page = shown("{% include 'site/_history.html' %}", stages=stages)
    assert page.count(f'data-l="{step}"') == 1
    assert page.count('class="kc-none"') == 1


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (Decimal(40), "January to March: 43, year on year +7.5%."),
        (None, "January to March: 43; the year before was not published."),
    ],
)
def test_a_trend_without_a_unit_leaves_no_gap(then, expected):
    trend = SimpleNamespace(rows=[(3, Decimal(43), then)], divisor=1, unit="")
    with translation.override("en"):
        assert strip_tags(shown("{% trend_sentence trend %}", trend=trend)) == expected


@pytest.mark.parametrize(
    ("language", "expected"), [("zh-hans", "示范新区"), ("en", "Demo")],
)  # fmt: skip
def test_a_tile_holds_a_district_in_the_readers_language(language, expected):
    district = SimpleNamespace(name="示范新区高新技术产业园", name_en="Demo New District")
    with translation.override(language):
        assert figures.short_name(district) == expected
