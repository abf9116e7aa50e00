"""A call's own form: written without code, frozen with the rules, sealed with the bid, tried."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from kechuang.base.actor import Actor
from kechuang.base.refusals import Refused
from kechuang.challenges import actions, queries, rules
from kechuang.challenges.actions import Draft
from kechuang.challenges.models import Bid, Challenge, FormField
from kechuang.challenges.rules.drafting import CriterionFacts
from kechuang.challenges.rules.form import FieldFacts
from kechuang.record.models import Entry
from kechuang.reviews import queries as panels
from kechuang.reviews.models import Criterion
from tests.challenges import custody_stages as custody
from tests.challenges import stages
from tests.challenges.test_pages import typed

ASKED = [
    FieldFacts("RISK", "最大的风险", "LONG", "写清何时改走备用路线", is_required=True,
               criterion="FEAS"),
    FieldFacts("SITE", "要不要出题方提供条件", "YES_NO", is_required=True),
    FieldFacts("WHAT", "要什么", "TEXT", is_required=True, when_code="SITE", when_value="yes",
               criterion="FEAS"),
    FieldFacts("COST", "单件成本", "AMOUNT", criterion="COST"),
    FieldFacts("IP", "成果归谁", "CHOICE", options=("归揭榜方", "双方共有")),
]
CODES = ["TECH", "FEAS", "TEAM", "COST"]
ANSWERS = {"RISK": "淬火开裂", "SITE": "yes", "WHAT": "台架", "COST": 12 * stages.WAN}


def codes(problems):
    return [one.code for one in problems]


@pytest.mark.parametrize(
    ("field", "code"),
    [
        (FieldFacts("1", "问", "TEXT"), "challenges.field_code"),
        (FieldFacts("SITE", "问", "TEXT"), "challenges.field_twice"),
        (FieldFacts("X", " ", "TEXT"), "challenges.field_empty"),
        (FieldFacts("X", "问", "SCRIPT"), "challenges.field_empty"),
        (FieldFacts("X", "问", "CHOICE", options=("一", "一")), "challenges.field_options"),
        (FieldFacts("X", "问", "TEXT", criterion="NONE"), "challenges.field_criterion"),
        (FieldFacts("X", "问", "TEXT", when_code="LATER", when_value="yes"),
         "challenges.field_condition"),
        (FieldFacts("X", "问", "TEXT", when_code="SITE", when_value="是"),
         "challenges.field_condition"),
        (FieldFacts("X", "问", "TEXT", when_code="RISK", when_value="有"),
         "challenges.field_condition"),
        (FieldFacts("X", "问", "TEXT", when_code="IP", when_value="双方共有"), None),
    ],
)  # fmt: skip
def test_what_a_field_must_be(field, code):
    found = codes(rules.form.problems_with_fields([*ASKED, field], CODES))
    assert found == ([code] if code else [])


def test_a_form_has_an_end():
    many = [FieldFacts(f"F{n}", "问", "TEXT") for n in range(rules.form.FIELDS_MAX + 1)]
    assert codes(rules.form.problems_with_fields(many, [])) == ["challenges.too_many_fields"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"RISK": ""}, ["RISK"]),
        ({"WHAT": None}, ["WHAT"]),
        ({"SITE": "no", "WHAT": None}, []),
        ({"SITE": "maybe"}, ["SITE"]),
        ({"COST": "12"}, ["COST"]),
        ({"COST": -1}, ["COST"]),
        ({"IP": "归国家"}, ["IP"]),
        ({"IP": "双方共有"}, []),
        ({"RISK": "x" * (rules.form.LONG_MAX + 1)}, ["RISK"]),
        ({"WHAT": "x" * (rules.form.SHORT_MAX + 1)}, ["WHAT"]),
        ({"RISK": "\x00"}, ["RISK"]),
    ],
)
def test_what_an_answer_must_be(change, found):
    problems = rules.form.problems_with_answers(ASKED, ANSWERS | change)
    assert [one.fields[0] for one in problems] == found


@pytest.mark.parametrize(("kind", "good", "bad"), [
    ("NUMBER", "-12.5", "1e5"), ("DATE", "2027-02-28", "2027-02-30"), ("YES_NO", "no", "否"),
])
def test_the_kinds_of_answers(kind, good, bad):
    field = FieldFacts("X", "问", kind)
    assert (rules.form.is_answer(field, good), rules.form.is_answer(field, bad)) == (True, False)


def test_every_mode_has_a_default_that_is_one():
    for code in ("OPEN", "MERIT", "DIRECT", "COMPETITIVE", "RACE"):
        sheet = rules.form.sheet_in_force(code, timezone.now().date())
        criteria = [CriterionFacts(**one) for one in sheet.criteria]
        assert rules.drafting.problems_with_criteria(criteria) == []
        assert rules.form.problems_with_fields(sheet.fields, [one.code for one in criteria]) == []


def test_what_is_hidden_is_not_kept():
    assert rules.form.kept(ASKED, ANSWERS | {"SITE": "no", "STRANGE": "x"}) == {
        "RISK": "淬火开裂", "SITE": "no", "COST": 12 * stages.WAN}


def test_a_field_is_told_and_read_again():
    for one in ASKED:
        assert rules.form.as_facts(json.loads(json.dumps(rules.form.as_told(one)))) == one


@pytest.mark.parametrize("told", [[], {"a": "x"}, {"X": 1.5}, {"X": True}, {"X": -1}, {"X": None},
                                  {f"F{n}": "" for n in range(61)}])
def test_answers_that_are_none_void_an_envelope(told):
    with pytest.raises(ValueError, match="none"):
        rules.form.read_answers(told)


def asking(line, form=ASKED):
    """Write the form into a draft."""
    actions.save_draft(challenge=line.challenge, draft=Draft(form=form),
                       by=line.world.officer.actor, at=line.at)


def opened(world, at):
    line = stages.approved(world, at, 1, asking)
    actions.authorise(challenge=line.challenge, line=stages.budget_line(world, line.at),
                      by=world.head.actor, at=line.after(days=1))
    line.at = line.fresh().opens_at
    actions.open_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    line.fresh()
    return line


@pytest.mark.django_db
def test_a_form_is_frozen_with_the_rules_and_asked_of_every_bid(world, at):
    line = opened(world, at)
    frozen = json.loads(line.challenge.rulesets.get().canonical)
    assert [rules.form.as_facts(one) for one in frozen["form"]] == ASKED
    assert queries.form_of(line.challenge) == ASKED
    bid = stages.written_bid(line, world.member)
    with pytest.raises(Refused) as refused:
        actions.sign_bid(bid=bid, by=world.research_admin.actor, at=line.at)
    assert codes(refused.value.refusals) == ["bids.not_answered"] * 2
    content = {**stages.proposal(line), "answers": ANSWERS}
    bid = actions.save_bid(bid=bid, content=content, by=world.member.actor, at=line.at)
    actions.sign_bid(bid=bid, by=world.research_admin.actor, at=line.at)
    told = queries.proposal_of(Bid.objects.get(), world.member.actor, line.at)
    assert told["answers"] == ANSWERS


@pytest.mark.django_db
def test_a_changed_form_is_a_substantial_amendment(world, at):
    line = opened(world, at)
    fewer = Draft(form=ASKED[:2], fields={"deadline_at": line.challenge.deadline_at})
    with pytest.raises(Refused):
        actions.amend_challenge(challenge=line.challenge, draft=fewer, reason="精简",
                                by=world.officer.actor, at=line.at)
    actions.amend_challenge(challenge=line.challenge, draft=fewer, reason="精简",
                            by=world.head.actor, at=line.at)
    assert queries.form_of(line.challenge) == ASKED[:2]
    assert line.challenge.amendments.get().is_substantial
    assert line.challenge.rulesets.count() == 2


@pytest.mark.django_db
def test_criteria_that_a_field_serves_cannot_go_unseen(world, at):
    line = stages.written(world, at, 1, asking)
    half = [CriterionFacts("TECH", "技术", 50), CriterionFacts("TEAM", "团队", 50)]
    actions.save_draft(challenge=line.challenge, draft=Draft(criteria=half),
                       by=world.officer.actor, at=line.at)
    problems = rules.drafting.problems_with_fields(
        queries.form_of(line.challenge), [one.code for one in half])
    assert codes(problems) == ["challenges.field_criterion"] * 3


@pytest.mark.django_db
def test_answers_are_sealed_in_the_envelope_and_read_after_the_opening(world, at, client_as):
    def prepare(line):
        custody.name(line)
        custody.register(line)
        asking(line)

    line = stages.approved(world, at, 1, prepare)
    actions.authorise(challenge=line.challenge, line=stages.budget_line(world, line.at),
                      by=world.head.actor, at=line.after(days=1))
    line.at = line.fresh().opens_at
    actions.open_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    line.fresh()
    assert queries.published_call(line.challenge)["form"][0]["code"] == "RISK"
    plain = json.dumps(custody.inside(line, answers=ANSWERS)).encode()
    bid = custody.handed_in(line, world.member, world.research_admin, plain)
    custody.closed(line)
    custody.in_session(line)
    for place in (0, 1):
        custody.give(line, place)
    custody.unsealed(line)
    assert queries.proposal_of(bid, world.officer.actor, line.at)["answers"] == ANSWERS
    page = client_as(world.officer).get(f"/bids/{bid.number}/").content.decode()
    for said in ("淬火开裂", "要什么", 'id="c-FEAS"', 'id="c-COST"', "12"):
        assert said in page, said
    panel = panels.panel_for(line.challenge.number)
    said = dict(Criterion.objects.filter(panel=panel).values_list("code", "description"))
    assert said == {"TECH": "", "FEAS": "最大的风险、要什么", "TEAM": "", "COST": "单件成本"}


def posted(fields):
    """Fields as the browser sends them."""
    data = {"fields-TOTAL_FORMS": len(fields), "fields-INITIAL_FORMS": 0}
    for place, row in enumerate(fields):
        data |= {f"fields-{place}-{name}": value for name, value in row.items()}
    return data


@pytest.mark.django_db
def test_an_officer_writes_the_form_by_its_page(world, at, client_as):
    line = stages.written(world, at)
    officer, path = client_as(world.officer), f"/challenges/{line.challenge.number}/form/"
    page = officer.get(path).content.decode()
    assert "成果的知识产权归谁" in page
    assert "先列出这种组织方式的默认填报项" in page
    assert FormField.objects.count() == 0
    rows = [
        {"place": 2, "code": "", "label": "要什么", "kind": "TEXT", "when_code": "site",
         "when_value": "是", "criterion": "FEAS"},
        {"place": 1, "code": "site", "label": "要不要条件", "kind": "YES_NO", "is_required": "on"},
        {"code": "", "label": "", "kind": "TEXT"},
        {"place": 3, "code": "OLD", "label": "不要了", "kind": "TEXT", "DELETE": "on"},
    ]
    done = officer.post(path, posted(rows) | {"version": line.fresh().version})
    assert (done.status_code, done["Location"]) == (302, path.replace("form/", "trial/"))
    assert queries.form_of(line.challenge) == [
        FieldFacts("SITE", "要不要条件", "YES_NO", is_required=True),
        FieldFacts("F1", "要什么", "TEXT", when_code="SITE", when_value="yes", criterion="FEAS"),
    ]
    assert 'value="是"' in officer.get(path).content.decode()
    assert officer.post(path, posted(rows) | {"version": 1}).status_code == 409
    rows[0]["when_value"] = "也许"
    refused = officer.post(path, posted(rows) | {"version": line.fresh().version})
    assert refused.status_code == 422
    assert "显示条件不成立" in refused.content.decode()


@pytest.mark.django_db
def test_the_default_sheet_stands_in_a_new_draft(world, at, client_as):
    line = stages.drafted(world, at)
    page = client_as(world.officer).get(f"/challenges/{line.challenge.number}/edit/")
    assert 'value="FEAS"' in page.content.decode()


@pytest.mark.django_db
def test_a_trial_counts_and_keeps_nothing(world, at, client_as):
    line = opened(world, timezone.now() - timezone.timedelta(days=15))
    path = f"/challenges/{line.challenge.number}/trial/"
    for member in (world.member, world.filler, world.expert1, world.supervisor, world.operator):
        assert client_as(member).get(path).status_code == 404
    assert Client().get(path).status_code == 302
    assert client_as(world.liaison).get(path).status_code == 200  # the panel's secretary
    officer = client_as(world.officer)
    shown = officer.get(path).content.decode()
    for said in ("最大的风险", 'data-when="answers-SITE"', "试用", "专家 3"):
        assert said in shown, said
    counted = Entry.objects.count(), Bid.objects.count(), Challenge.objects.get().version
    data = typed(line, Bid(version=1, lead=world.member.person)) | {
        "answers-RISK": "开裂", "answers-SITE": "yes", "answers-WHAT": "台架"}
    for code in CODES:
        data |= {f"sheet-{code}-1": 80, f"sheet-{code}-2": 81, f"sheet-{code}-3": 40}
    data.pop("lead")
    done = officer.post(path, data)
    said = done.content.decode()
    assert done.status_code == 200, said
    assert "试用结果：这份方案可以密封" in said
    for figure in ("80.00", "81.00", "40.00", "67.00", "偏离中位数 20% 以上", "达到分数线"):
        assert figure in said, figure
    worse = officer.post(path, data | {"answers-SITE": "", "sheet-TECH-2": ""})
    assert "要不要出题方提供条件" in worse.content.decode()
    assert "专家 2 的分没有打全" in worse.content.decode()
    assert counted == (
        Entry.objects.count(), Bid.objects.count(), Challenge.objects.get().version)


@pytest.mark.django_db
def test_the_api_writes_and_reads_a_form_and_its_answers(world, at, api_as):
    line = stages.written(world, at)
    officer, base = api_as(world.officer), f"/api/v1/challenges/{line.challenge.number}"
    fields = [rules.form.as_told(one) for one in ASKED]
    done = officer.patch(base, {"form": fields}, content_type="application/json",
                         headers={"If-Match": str(line.fresh().version)})
    assert (done.status_code, done.json()["form"]) == (200, fields)
    wrong = officer.patch(base, {"form": [{**fields[0], "criterion": "NONE"}]},
                          content_type="application/json",
                          headers={"If-Match": str(line.fresh().version)})
    assert wrong.json()["refusals"][0]["code"] == "challenges.field_criterion"


@pytest.mark.django_db
def test_answers_come_by_the_api(world, api_as):
    line = opened(world, timezone.now() - timezone.timedelta(days=15))
    bid = actions.start_bid(challenge=line.challenge, by=world.member.actor, at=timezone.now())
    writer, path = api_as(world.member), f"/api/v1/bids/{bid.number}"
    content = {**stages.proposal(line), "answers": ANSWERS}
    done = writer.patch(path, {"content": content}, content_type="application/json",
                        headers={"If-Match": str(bid.version)})
    assert done.status_code == 200, done.content
    assert writer.get(f"{path}/content").json()["content"]["answers"] == ANSWERS
