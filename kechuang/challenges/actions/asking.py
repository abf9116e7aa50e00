"""Questions and answers on an open challenge: everybody sees both, nobody sees who asked."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, require
from kechuang.challenges import rules
from kechuang.challenges.actions.steps import begin, person_of, tell
from kechuang.challenges.models import Challenge, Question
from kechuang.challenges.rules.freezing import sha256_of
from kechuang.record import actions as record

WAITING_MAX = 50


@transaction.atomic
def ask_question(*, challenge: Challenge, text: str, by: Actor, at: datetime) -> Question:
    """Ask in public, unnamed, while the challenge is open. Waiting questions are limited."""
    challenge, _same = begin(challenge, "ask", by=by)
    require(not rules.table.is_late(at, challenge.deadline_at), rules.ChallengeRefused(
        "challenges.too_late_to_ask", N_("榜单已截止，不能再提问。"), {}))
    require(bool(text.strip()), rules.ChallengeRefused(
        "challenges.empty_question", N_("问题还没有写。"), {}, ("text",)))
    waiting = Question.objects.filter(
        challenge=challenge, asked_by__number=by.person, answered_at__isnull=True
    )
    require(waiting.count() < WAITING_MAX, rules.ChallengeRefused(
        "challenges.too_many_questions", N_("您还有 {n} 个问题没有答复，请等答复后再问。"),
        {"n": WAITING_MAX}, ("text",)))
    question = Question.objects.create(
        challenge=challenge, text=text.strip(), asked_by=person_of(by), asked_at=at
    )
    # The record names the office's act of answering; who asked stands only with the question.
    tell([challenge.officer], "to_answer", challenge.number, by=by, at=at)
    return question


@transaction.atomic
def answer_question(
    *, question: Question, answer: str, by: Actor, at: datetime
) -> Question:
    """Answer for all to see; an answer is given once and not changed."""
    challenge, _same = begin(question.challenge, "answer", by=by)
    question = Question.objects.select_for_update(of=("self",)).select_related("asked_by").get(
        pk=question.pk
    )
    require(question.answered_at is None, rules.ChallengeRefused(
        "challenges.answered_already", N_("这个问题已答复，不能再改。"), {}, ("answer",)))
    require(bool(answer.strip()), rules.ChallengeRefused(
        "challenges.empty_answer", N_("答复还没有写。"), {}, ("answer",)))
    question.answer = answer.strip()
    question.answered_by = person_of(by)
    question.answered_at = at
    question.save()
    record.append(
        verb="challenges.answer", object_number=challenge.number, by=by, at=at,
        payload={"question": question.number, "text_sha256": sha256_of(question.text),
                 "answer_sha256": sha256_of(question.answer)},
    )
    tell([question.asked_by], "answered", challenge.number, by=by, at=at)
    return question
