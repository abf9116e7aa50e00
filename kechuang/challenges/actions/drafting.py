"""From an accepted need to a challenge that can be argued."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, check_version, refuse_all, require
from kechuang.base.time import shanghai_date
from kechuang.challenges import rules
from kechuang.challenges.actions.steps import (
    begin,
    give_need_back,
    move,
    person_of,
    record_step,
    tell,
    tell_admins,
    tell_role,
)
from kechuang.challenges.models import (
    ArgumentSeat,
    Challenge,
    ChallengeStage,
    Criterion,
    FitAnswer,
    FormField,
    Target,
)
from kechuang.challenges.queries import draft_facts, mode
from kechuang.challenges.rules.drafting import CriterionFacts, TargetFacts
from kechuang.challenges.rules.form import FieldFacts
from kechuang.challenges.rules.freezing import canonical, sha256_of
from kechuang.needs import actions as needs
from kechuang.needs.models import Need
from kechuang.parties.models import Person
from kechuang.record import actions as record

ARGUMENT_DAYS = 10
DRAFT_FIELDS = frozenset({
    "title", "summary", "expert_fields", "conflict_rules", "total_fen", "public_fen", "own_fen",
    "months", "opens_at", "deadline_at", "secretary", "chair", "invited", "invited_reason",
})
COMPARISONS = {"AT_LEAST": "AT_LEAST", "AT_MOST": "AT_MOST", "EQUAL": "EQUAL", "RANGE": "BETWEEN"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What an officer writes of a challenge; absent fields stay as they are."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    targets: Sequence[TargetFacts] | None = None
    criteria: Sequence[CriterionFacts] | None = None
    form: Sequence[FieldFacts] | None = None


@transaction.atomic
def draft_challenge(*, need: Need, mode_code: str = "OPEN", by: Actor, at: datetime) -> Challenge:
    """Begin a challenge from an accepted need: its snapshot is frozen, nothing is typed twice.

    Refuses whoever is no officer of the need's region; the need itself refuses (needs.rules) when
    it is not accepted or its owner has not agreed.
    """
    right = rules.table.may_create(by, need.region_path)
    require(right, rules.table.not_yours("create"))
    rule = rules.modes.mode_in_force(mode_code, shanghai_date(at))
    number = record.take_number("JB", at=at)
    snapshot = needs.convert_need(need=need, challenge_number=number, by=by, at=at)
    total = int(snapshot.get("budget_fen") or 0)
    challenge = Challenge.objects.create(
        number=number, mode=rule.code, mode_version=rule.version, since=at, need=need,
        winners_max=rule.winners,
        need_snapshot=snapshot, need_sha256=sha256_of(canonical(snapshot)),
        issuer=need.organisation, officer=person_of(by), region_path=by.region,
        title=snapshot["title"][:120], summary=snapshot["body"][:4000],
        total_fen=total, own_fen=total,
    )
    _copy_targets(challenge, snapshot.get("targets", []))
    ChallengeStage.objects.create(
        challenge=challenge, stage=challenge.state, since=at, by_person=by.person,
        by_role=by.role, by_organisation=by.organisation,
    )
    record_step(challenge, "create", by=by, at=at, need=need.number, mode=rule.code,
                mode_version=rule.version, need_sha256=challenge.need_sha256)
    return challenge


def _copy_targets(challenge: Challenge, targets: Sequence[Mapping[str, Any]]) -> None:
    Target.objects.bulk_create([
        Target(
            challenge=challenge, place=place, indicator=row["name"][:60],
            comparison=COMPARISONS.get(row["comparison"], "AT_LEAST"),
            value=Decimal(row["value"] or "0"),
            value_to=Decimal(row["value_high"]) if row.get("value_high") else None,
            unit=row["unit"][:30], test_method=row.get("test_method", "")[:200], tester="",
        )
        for place, row in enumerate(targets, start=1)
    ])


@transaction.atomic
def save_draft(
    *, challenge: Challenge, draft: Draft, version: int | None = None, by: Actor, at: datetime
) -> Challenge:
    """Keep what an officer wrote so far; whole or not. A change voids the poser's consent.

    Not recorded: a draft is recorded when it is sent to argument.
    """
    challenge, _same = begin(challenge, "edit", by=by)
    check_version(challenge.number, version, challenge.version)
    refuse_all(rules.drafting.problems_with_invited(
        bool(draft.fields.get("invited")), draft.fields.get("invited") == challenge.issuer,
        mode(challenge)))
    for name in DRAFT_FIELDS & draft.fields.keys():
        setattr(challenge, name, draft.fields[name])
    challenge.total_fen = max(challenge.total_fen, challenge.public_fen)
    put_lists(challenge, draft)
    challenge.consent_by = None
    challenge.consent_at = None
    challenge.version += 1
    challenge.save()
    return challenge


def put_lists(challenge: Challenge, draft: Draft) -> None:
    """Replace targets, criteria and form by what was written."""
    if draft.targets is not None:
        challenge.targets.all().delete()
        Target.objects.bulk_create([
            Target(
                challenge=challenge, place=place, indicator=t.indicator, comparison=t.comparison,
                value=t.value, value_to=t.value_to, unit=t.unit, test_method=t.test_method,
                tester=t.tester,
            )
            for place, t in enumerate(draft.targets[:rules.drafting.TARGETS_MAX], start=1)
        ])
    if draft.criteria is not None:
        refuse_all(rules.drafting.problems_with_criteria(draft.criteria))
        challenge.criteria.all().delete()
        Criterion.objects.bulk_create([
            Criterion(challenge=challenge, place=place, code=c.code, name=c.name,
                      weight=c.weight, threshold=c.threshold)
            for place, c in enumerate(draft.criteria[:rules.drafting.CRITERIA_MAX], start=1)
        ])
    if draft.form is not None:
        put_form(challenge, draft.form)


def put_form(challenge: Challenge, form: Sequence[FieldFacts]) -> None:
    """Replace what the call asks beside the proposal by what was written."""
    criteria = list(challenge.criteria.values_list("code", flat=True))
    refuse_all(rules.form.problems_with_fields(form, criteria))
    challenge.form_fields.all().delete()
    FormField.objects.bulk_create([
        FormField(
            challenge=challenge, place=place, code=one.code, label=one.label, kind=one.kind,
            help=one.help, options=list(one.options), is_required=one.is_required,
            when_code=one.when_code, when_value=one.when_value, criterion=one.criterion,
        )
        for place, one in enumerate(form, start=1)
    ])


@transaction.atomic
def answer_fit_test(
    *, challenge: Challenge, answers: Mapping[str, tuple[bool, str]], by: Actor, at: datetime
) -> Challenge:
    """Answer the four questions: is this a matter for a challenge; each with a reason."""
    challenge, to = begin(challenge, "answer_fit_test", by=by)
    codes = {question.code for question in mode(challenge).fit_questions}
    require(answers.keys() <= codes, rules.ChallengeRefused(
        "challenges.no_such_question", N_("自查里没有这一问。"), {}, ("fit",)))
    require(all(reason.strip() for _yes, reason in answers.values()), rules.ChallengeRefused(
        "challenges.fit_without_reason", N_("每一问都要写一句理由。"), {}, ("fit",)))
    person = person_of(by)
    for code, (yes, reason) in answers.items():
        FitAnswer.objects.update_or_create(
            challenge=challenge, question=code,
            defaults={"yes": yes, "reason": reason[:500], "by": person, "at": at},
        )
    move(challenge, to, by=by, at=at)
    record_step(challenge, "answer_fit_test", by=by, at=at,
                answers={code: yes for code, (yes, _reason) in answers.items()})
    return challenge


@transaction.atomic
def consent_to_challenge(*, challenge: Challenge, by: Actor, at: datetime) -> Challenge:
    """The poser's administrator agrees to the challenge as drafted, its own money included."""
    challenge, to = begin(challenge, "consent", by=by)
    challenge.consent_by = person_of(by)
    challenge.consent_at = at
    move(challenge, to, by=by, at=at)
    record_step(challenge, "consent", by=by, at=at, own_fen=challenge.own_fen)
    tell([challenge.officer], "consented", challenge.number, by=by, at=at)
    return challenge


@transaction.atomic
def ask_consent(*, challenge: Challenge, by: Actor, at: datetime) -> Challenge:
    """Ask the poser's administrators to agree to the draft as it stands."""
    challenge, _same = begin(challenge, "edit", by=by)
    tell_admins(challenge.issuer, "to_consent", challenge.number, by=by, at=at)
    record_step(challenge, "ask_consent", by=by, at=at)
    return challenge


@transaction.atomic
def send_to_argument(
    *, challenge: Challenge, experts: Sequence[Person], lead: Person, by: Actor, at: datetime
) -> Challenge:
    """Send a whole draft to the argument of at least three experts and their lead.

    Refuses everything that is missing at once (rules.drafting.problems_with_draft).
    """
    challenge, to = begin(challenge, "send_to_argument", by=by)
    rule = mode(challenge)
    refuse_all([
        *rules.drafting.problems_with_draft(draft_facts(challenge), rule, at),
        *rules.drafting.problems_with_experts(
            [expert.number for expert in experts], lead.number, rule
        ),
        *_problems_with_seats(challenge, experts),
    ])
    round_number = 1 + max(challenge.seats.values_list("round", flat=True), default=0)
    ArgumentSeat.objects.bulk_create([
        ArgumentSeat(
            challenge=challenge, round=round_number, expert=expert,
            is_lead=expert.number == lead.number, since=at,
            until=at + timedelta(days=ARGUMENT_DAYS),
        )
        for expert in {expert.number: expert for expert in experts}.values()
    ])
    move(challenge, to, by=by, at=at)
    record_step(challenge, "send_to_argument", by=by, at=at, round=round_number,
                experts=sorted(expert.number for expert in experts), lead=lead.number)
    tell(experts, "to_argue", challenge.number, by=by, at=at)
    return challenge


def _problems_with_seats(
    challenge: Challenge, experts: Sequence[Person]
) -> list[rules.ChallengeRefused]:
    """Nobody of the poser's unit argues its challenge."""
    return [
        rules.ChallengeRefused(
            "challenges.expert_of_poser", N_("专家 {name} 是出题方的人，不能参加论证。"),
            {"name": expert.name}, ("experts",), N_("请换一位专家。"),
        )
        for expert in experts if expert.organisation_id == challenge.issuer_id
    ]


@transaction.atomic
def argue(
    *, challenge: Challenge, verdict: str, opinion: str, by: Actor, at: datetime
) -> Challenge:
    """Sign an opinion on a challenge. The lead's, last, concludes: pass, reject or return.

    Refuses a second opinion of the same expert, and a lead who concludes before three have signed
    or passes without a majority.
    """
    challenge, _same = begin(challenge, "argue", by=by)
    last = max(challenge.seats.values_list("round", flat=True))
    seats = list(challenge.seats.select_related("expert").filter(round=last))
    seat = next(one for one in seats if one.expert.number == by.person)
    require(seat.signed_at is None, rules.ChallengeRefused(
        "challenges.already_signed", N_("您已签过这一轮的意见，不能再改。"), {}, ("opinion",)))
    require(bool(opinion.strip()), rules.ChallengeRefused(
        "challenges.empty_opinion", N_("意见还没有写。"), {}, ("opinion",)))
    to = rules.State(challenge.state)
    if seat.is_lead:
        signed = {one.expert.number: one.verdict for one in seats if one.signed_at}
        rules.deciding.check_conclusion(signed, verdict, mode(challenge))
        event = rules.deciding.ARGUMENT_EVENTS[rules.deciding.Verdict(verdict)]
        challenge, to = begin(challenge, event, by=by)
    seat.verdict = verdict
    seat.opinion = opinion
    seat.opinion_sha256 = sha256_of(opinion)
    seat.signed_at = at
    seat.save()
    move(challenge, to, by=by, at=at, private=opinion if seat.is_lead else "")
    record_step(challenge, "argue", by=by, at=at, verdict=verdict, lead=seat.is_lead,
                opinion_sha256=seat.opinion_sha256, round=seat.round)
    if seat.is_lead:
        tell([challenge.officer], f"argued_{verdict.lower()}", challenge.number, by=by, at=at)
        if to == rules.State.APPROVED:
            tell_role(Role.HEAD, "to_authorise", challenge, by=by, at=at)
        if to == rules.State.REJECTED:
            give_need_back(challenge, at=at)
    return challenge


@transaction.atomic
def relist_challenge(
    *, challenge: Challenge, reason: str, mode_code: str = "", by: Actor, at: datetime
) -> Challenge:
    """Begin a new round of a failed challenge: a new draft that keeps the link and the text.

    With a mode the new round is held in that one; the fit test is answered anew either way.
    """
    old, _same = begin(challenge, "relist", by=by)
    require(bool(reason.strip()), rules.ChallengeRefused(
        "challenges.no_reason", N_("请写明重新发榜的理由。"), {}, ("reason",)))
    require(not Challenge.objects.filter(relisted_from=old).exists(), rules.ChallengeRefused(
        "challenges.relisted_already", N_("这个榜单已重新发榜，不能再发一次。"), {}, ()))
    rule = rules.modes.mode_in_force(mode_code or old.mode, shanghai_date(at))
    new = Challenge.objects.create(
        number=record.take_number("JB", at=at), mode=rule.code, mode_version=rule.version,
        winners_max=rule.winners, since=at, round=old.round + 1, relisted_from=old, need=old.need,
        need_snapshot=old.need_snapshot, need_sha256=old.need_sha256, issuer=old.issuer,
        officer=person_of(by), region_path=old.region_path, title=old.title, summary=old.summary,
        expert_fields=old.expert_fields, conflict_rules=old.conflict_rules,
        total_fen=old.total_fen, public_fen=old.public_fen, own_fen=old.own_fen,
        months=old.months, secretary=old.secretary, chair=old.chair,
        **({"invited": old.invited, "invited_reason": old.invited_reason} if rule.invited else {}),
    )
    for row in [*old.targets.all(), *old.criteria.all(), *old.form_fields.all()]:
        row.pk = None
        row.challenge = new
        row.save(force_insert=True)
    ChallengeStage.objects.create(
        challenge=new, stage=new.state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation, note_public=reason,
    )
    needs.renumber_challenge(
        need=old.need, earlier_number=old.number, challenge_number=new.number, by=by, at=at
    )
    record_step(new, "relist", by=by, at=at, from_challenge=old.number, round=new.round,
                mode=rule.code, mode_version=rule.version)
    return new
