"""Pages of a bid: read, write, sign, submit, withdraw, confirm, correct, files and receipts."""

from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.base.refusals import Refused, RefusedTogether
from kechuang.base.time import rfc3339
from kechuang.challenges import actions, forms, queries, rules
from kechuang.challenges.forms.asked import AnswersForm
from kechuang.challenges.models import Bid, Challenge, Receipt
from kechuang.challenges.pages.acts import Act, act_page, bid_seen, challenge_seen, posted
from kechuang.challenges.pages.amendments import amendments_of
from kechuang.challenges.pages.drafting import targets_shown
from kechuang.challenges.pages.objects import bid_kind
from kechuang.challenges.rules.bids import STATE_NAMES
from kechuang.doors.forms import ConfirmForm, ReasonForm
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.words import message_of, name_in_language
from kechuang.parties.models import Person
from kechuang.parties.queries import organisations_coded, people_numbered

PEOPLE_MOST = 300


def url_of(bid: Bid) -> str:
    return reverse("bid", args=[bid.number])


def _facts(request: AskedRequest, bid: Bid) -> rules.BidFacts:
    return queries.bid_facts(bid, request.actor, request.at)


def bid_to(request: AskedRequest, number: str, right: Any, *states: str) -> Bid:
    """The bid, if this reader may take the step in its state (else 404); a POST is let through."""
    bid = bid_seen(request, number)
    allowed = right(request.actor, _facts(request, bid)) and bid.state in states
    if not allowed and request.method != "POST":
        raise Http404
    return bid


@signed_in
def new(request: AskedRequest, number: str) -> HttpResponse:
    """Begin a draft, or go to the one that the unit has."""
    challenge = challenge_seen(request, number)
    if not rules.bids.may_start_bid(
        request.actor, challenge.issuer.code, queries.invited_code(challenge)
    ):
        raise Http404
    own = [bid for bid in queries.own_bids(request.actor, request.at, challenge)
           if bid.state == "DRAFT"]
    if own and request.method == "GET":
        return redirect("bid-edit", own[0].number)
    act = Act(_("起草密封方案"), _("开始起草"), (
        _("草稿边写边加密保存，只有本单位的填报人、项目负责人和单位管理员能看。"),
        _("单位管理员签发、联合体成员确认后才能提交；截止前可替换或撤回。"),
        _("开标前任何人都看不到方案，也看不到有几份。")))
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.start_bid(challenge=challenge, by=request.actor, at=request.at)
    ), lambda made: reverse("bid-edit", args=[made.number]), challenge)


@signed_in
def bid(request: AskedRequest, number: str) -> HttpResponse:
    """One bid, for its own people at any time, for others once opened."""
    row = bid_seen(request, number)
    facts = _facts(request, row)
    mine = rules.bids.is_bidder(request.actor, facts)
    content = queries.proposal_of(row, request.actor, request.at)
    targets = targets_shown(row.challenge)
    promised = {one["target"]: one for one in content["commitments"]}
    for target in targets:
        target["promise"] = promised.get(str(target["place"]))
    stages = list(row.stages.all())
    people = people_numbered(stage.by_person for stage in stages if stage.by_person)
    context = {
        "bid": row, "challenge": row.challenge, "content": content, "targets": targets,
        "mine": mine, "state_name": STATE_NAMES[row.state], "kind": bid_kind(row.state),
        "members": list(row.members.select_related("organisation", "confirmed_by")),
        "receipts": list(row.receipts.all()) if mine else [],
        "checks": list(row.checks.all()), "acts": _acts(request, row, facts),
        "missing": _missing(row) if mine and row.state == "DRAFT" else [],
        "envelope": queries.envelope_of(row), "locked": _is_locked(row),
        "price_sealed": row.challenge.two_envelopes and not content["budget"]["total_fen"],
        "price": getattr(row, "price_envelope", None),
        "answered": answers_shown(row, content) if not _is_locked(row) else [],
        "history": [
            {"since": stage.since, "label": STATE_NAMES[stage.stage], "note": stage.note_public,
             "who": name_in_language(people.get(stage.by_person)) or _("时钟（自动）")}
            for stage in stages
        ],
    }
    return render(request, "challenges/bid.html", context)


def _is_locked(row: Bid) -> bool:
    """Whether what is proposed lies in an envelope that is not opened, or in a locked draft."""
    return bool(row.challenge.custodians_needed) and not hasattr(row, "sealed")


def _acts(request: AskedRequest, row: Bid, facts: rules.BidFacts) -> list[dict[str, Any]]:
    """What this reader can do with the bid now, the most wanted first."""
    edits = rules.bids.may_edit_bid(request.actor, facts)
    signs = rules.bids.may_sign_bid(request.actor, facts)
    confirms = rules.bids.may_confirm_bid(request.actor, facts)
    signed = row.signed_version > 0 and row.signed_version == row.content_version
    draft, live = row.state == "DRAFT", row.state in ("SEALED", "NEEDS_RECONFIRM")
    unconfirmed = confirms and row.members.filter(
        organisation__code=request.actor.organisation, confirmed_at__isnull=True).exists()
    table = (
        (draft and edits and signed, "bid-submit", _("提交密封方案")),
        (draft and signs and not signed, "bid-sign", _("签发方案")),
        (draft and unconfirmed, "bid-confirm", _("确认参加")),
        (row.state == "NEEDS_RECONFIRM" and signs, "bid-reconfirm", _("重新确认方案")),
        (row.state == "CORRECTION" and edits, "bid-correct", _("交补正")),
        (draft and edits, "bid-edit", _("修改方案")),
        (draft and edits and not signs and not signed, "bid-ask-signature", _("送单位签发")),
        (draft and signs, "bid-return", _("退回修改")),
        (draft and edits, "bid-withdraw", _("删除草稿")),
        (live and signs, "bid-withdraw", _("撤回方案")),
        (rules.bids.may_read_feedback(request.actor, facts), "bid-feedback", _("看评审反馈")),
    )
    return [{"url": reverse(name, args=[row.number]), "words": words}
            for shown, name, words in table if shown]


def _missing(row: Bid) -> list[Any]:
    """What keeps the draft from being submitted, in words."""
    problems = [
        *queries.problems_with_content(row),
        *rules.bids.problems_with_sign_offs(actions.sign_offs(row)),
    ]
    return list(dict.fromkeys(message_of(one) for one in problems))


def _initial(bid: Bid, content: dict[str, Any]) -> dict[str, Any]:
    declared = {True: "yes", False: "no"}.get(bid.other_public, "")
    return {
        **{name: content[name] for name in ("title", "summary", "route", "basis")},
        **{name: fen or "" for name, fen in content["budget"].items()},
        "lead": bid.lead.number, "version": bid.version, "other_public": declared,
        "other_public_note": bid.other_public_note,
        "members": "\n".join(bid.members.values_list("organisation__code", flat=True)),
    }


def _formsets(data: Any, challenge: Challenge, content: dict[str, Any]) -> dict[str, Any]:
    promised = {one["target"]: one for one in content["commitments"]}
    places = [str(place) for place in challenge.targets.values_list("place", flat=True)]
    promises = [promised.get(one, {"target": one, "value": "", "how": ""}) for one in places]
    return {
        "commitments": forms.rows_from(forms.CommitmentRows, data, promises, "commitments"),
        "team": forms.rows_from(forms.TeamRows, data, content["team"], "team"),
        "milestones": forms.rows_from(
            forms.MilestoneRows, data, content["milestones"], "milestones"),
    }


def rows_shown(challenge: Challenge, data: Any, content: dict[str, Any]) -> dict[str, Any]:
    """The tables of a proposal, each promise beside what is asked."""
    rows = _formsets(data, challenge, content)
    for promise, target in zip(
        rows["commitments"].forms, targets_shown(challenge), strict=False
    ):
        promise.asked = target
    return rows


def answers_form(data: Any, bid: Bid, content: dict[str, Any]) -> AnswersForm:
    """The call's own form, as typed or as kept."""
    return AnswersForm(
        data, asked=queries.form_of(bid.challenge), answers=content.get("answers", {})
    )


def answers_shown(bid: Bid, content: dict[str, Any]) -> list[dict[str, Any]]:
    """What was answered of what is asked, by the criterion that it is read for."""
    given = content.get("answers", {})
    names = {one.code: one.name for one in queries.criterion_facts(bid.challenge)}
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in rules.form.shown(queries.form_of(bid.challenge), given):
        value = given.get(one.code)
        if one.kind == rules.form.Kind.YES_NO and value:
            value = _(rules.form.YES_NO.get(value, value))
        groups.setdefault(one.criterion, []).append({
            "label": one.label, "value": value, "missing": one.is_required and value is None,
            "is_amount": one.kind == rules.form.Kind.AMOUNT and isinstance(value, int),
        })
    return [
        {"criterion": names.get(code, ""), "code": code, "rows": groups[code]}
        for code in [*names, ""] if code in groups
    ]


def people_of(bid: Bid) -> list[Person]:
    return list(Person.objects.filter(organisation=bid.organisation).order_by("name")[:PEOPLE_MOST])


def typed(form: forms.BidForm, rows: dict[str, Any]) -> dict[str, Any]:
    """The proposal as typed; rows that are not whole yet are kept as far as they go."""
    data = form.cleaned_data
    promises = [
        {"target": one.cleaned_data.get("target", ""), "value": one.cleaned_data.get("value", ""),
         "how": one.cleaned_data.get("how", "")}
        for one in rows["commitments"].forms if hasattr(one, "cleaned_data")
    ]
    return {
        **{name: data[name] for name in ("title", "summary", "route", "basis")},
        "commitments": promises,
        "team": forms.rows_of(rows["team"]),
        "milestones": [
            {**one, "due": one["due"].isoformat()} for one in forms.rows_of(rows["milestones"])
        ],
        "budget": {name: data[name] or 0 for name in (
            "total_fen", "public_fen", "own_fen", "other_fen", "signing_fen")},
    }


def envelope_typed(form: forms.Form) -> actions.Envelope:
    data = form.cleaned_data
    codes = [line.strip().upper() for line in data["members"].splitlines() if line.strip()]
    found = organisations_coded(codes)
    unknown = [code for code in codes if code not in found]
    if unknown:
        raise rules.BidRefused(
            "bids.member_unknown", rules.bids.UNKNOWN_MEMBER, {"code": unknown[0]}, ("members",))
    declared = {"yes": True, "no": False}.get(data.get("other_public", ""))
    return actions.Envelope(
        lead=data["lead"], members=[found[code] for code in dict.fromkeys(codes)],
        other_public=declared, other_public_note=data.get("other_public_note"),
    )


def _save(
    request: AskedRequest, bid: Bid, form: forms.BidForm, rows: dict[str, Any],
    answers: AnswersForm,
) -> Bid:
    content = {**typed(form, rows), "answers": answers.answers()}
    return actions.save_bid(
        bid=bid, content=content, envelope=envelope_typed(form),
        version=form.cleaned_data["version"], by=request.actor, at=request.at,
    )


@signed_in
def edit(request: AskedRequest, number: str) -> HttpResponse:
    """Write a bid; it is kept encrypted, from the first word on."""
    bid = bid_to(request, number, rules.bids.may_edit_bid, "DRAFT")
    if bid.challenge.custodians_needed and request.method == "GET":
        return redirect("bid-seal", bid.number)
    content = queries.proposal_of(bid, request.actor, request.at)
    form = forms.BidForm(posted(request), initial=_initial(bid, content), people=people_of(bid))
    rows = rows_shown(bid.challenge, posted(request), content)
    answers = answers_form(posted(request), bid, content)
    valid = request.method == "POST" and all(
        [form.is_valid(), answers.is_valid(), *(one.is_valid() for one in rows.values())]
    )
    if valid:
        with form.refusals():
            _save(request, bid, form, rows, answers)
            return redirect(url_of(bid))
    status = 422 if request.method == "POST" and not form.refused else form.status
    return render(request, "challenges/bid_edit.html", {
        "bid": bid, "challenge": bid.challenge, "form": form, "rows": rows, "content": content,
        "answers": answers, "file_form": forms.FileForm(),
    }, status=status)


@signed_in
def autosave(request: AskedRequest, number: str) -> HttpResponse:
    """Keep what is typed so far: the answer says the version and nothing of the content."""
    if request.method != "POST":
        raise Http404
    bid = bid_seen(request, number)
    content = queries.proposal_of(bid, request.actor, request.at)
    form = forms.BidForm(request.POST, initial=_initial(bid, content), people=people_of(bid))
    rows = _formsets(request.POST, bid.challenge, content)
    answers = answers_form(request.POST, bid, content)
    if not all([form.is_valid(), answers.is_valid(), *(one.is_valid() for one in rows.values())]):
        return JsonResponse({"version": bid.version}, status=422)
    try:
        bid = _save(request, bid, form, rows, answers)
    except (Refused, RefusedTogether) as refused:
        return JsonResponse({"version": bid.version, "fields": {}}, status=refused.status)
    return JsonResponse({"version": bid.version})


@signed_in
def attach(request: AskedRequest, number: str) -> HttpResponse:
    """Add a file to the draft."""
    bid = bid_to(request, number, rules.bids.may_edit_bid, "DRAFT")
    form = forms.FileForm(posted(request), request.FILES or None)
    act = Act(_("添加附件"), _("加密保存"), (_("文件名和内容都加密保存。"),),
              extra={"is_multipart": True})
    return act_page(request, form, act, lambda data: actions.attach_file(
        bid=bid, name=data["file"].name, content=data["file"].read(), by=request.actor,
        at=request.at,
    ), reverse("bid-edit", args=[bid.number]), bid)


@signed_in
def drop_file(request: AskedRequest, number: str, file: str) -> HttpResponse:
    bid = bid_to(request, number, rules.bids.may_edit_bid, "DRAFT")
    act = Act(_("删除附件"), _("删除附件"), (_("删除后不能恢复。"),), danger=True)
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: actions.drop_file(
        bid=bid, number=file, by=request.actor, at=request.at,
    ), reverse("bid-edit", args=[bid.number]), bid)


@signed_in
def file(request: AskedRequest, number: str, file: str) -> HttpResponse:
    """Download a file of the bid, for who may read its content."""
    bid = bid_seen(request, number)
    entry, content = queries.attachment_of(bid, file, request.actor, request.at)
    response = HttpResponse(content, content_type="application/octet-stream")
    name = entry["name"].replace('"', "").encode("ascii", "ignore").decode() or "file"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@signed_in
def ask_signature(request: AskedRequest, number: str) -> HttpResponse:
    bid = bid_to(request, number, rules.bids.may_edit_bid, "DRAFT")
    act = Act(_("送单位签发"), _("送单位管理员"), (_("单位管理员会收到通知，核对后签发。"),))
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.ask_signature(bid=bid, by=request.actor, at=request.at)
    ), url_of(bid), bid)


@signed_in
def sign(request: AskedRequest, number: str) -> HttpResponse:
    """The unit administrator signs the fingerprint and the commitment letter."""
    bid = bid_to(request, number, rules.bids.may_sign_bid, "DRAFT")
    mode = queries.mode(bid.challenge)
    act = Act(_("签发方案"), _("签发"), (
        _("签发的是这一版密文的指纹；之后再改，须重新签发。"),
        _("签发不等于提交，截止前须另行提交。")),
        extra={"commitment": mode})
    return act_page(request, forms.SignForm(posted(request)), act, lambda _data: (
        actions.sign_bid(bid=bid, by=request.actor, at=request.at)
    ), url_of(bid), bid)


@signed_in
def return_bid(request: AskedRequest, number: str) -> HttpResponse:
    bid = bid_to(request, number, rules.bids.may_sign_bid, "DRAFT")
    act = Act(_("退回修改"), _("退回"), (_("填报人和项目负责人会看到理由。"),))
    return act_page(request, ReasonForm(posted(request)), act, lambda data: (
        actions.return_bid(bid=bid, reason=data["reason"], by=request.actor, at=request.at)
    ), url_of(bid), bid)


@signed_in
def confirm(request: AskedRequest, number: str) -> HttpResponse:
    bid = bid_to(request, number, rules.bids.may_confirm_bid, "DRAFT")
    act = Act(_("确认参加联合体"), _("确认参加"), (
        _("本单位同意作为联合体成员参加这份方案，并承担方案中写明的任务。"),))
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.confirm_membership(bid=bid, by=request.actor, at=request.at)
    ), url_of(bid), bid)


@signed_in
def submit(request: AskedRequest, number: str) -> HttpResponse:
    """Seal the signed bid and go to its receipt."""
    bid = bid_to(request, number, rules.bids.may_edit_bid, "DRAFT")
    act = Act(_("提交密封方案"), _("提交密封方案"), (
        _("提交后得到收据：编号、时间、密文指纹。"),
        _("截止前可替换或撤回；截止后任何人都不能改，也不能延长。"),
        _("单位已提交过的，上一份随即作废留痕。")), extra={"missing": _missing(bid)})
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.submit_bid(bid=bid, by=request.actor, at=request.at)
    ), lambda receipt: reverse("bid-receipt", args=[bid.number, receipt.number]), bid)


@signed_in
def withdraw(request: AskedRequest, number: str) -> HttpResponse:
    bid = bid_to(request, number, rules.bids.may_edit_bid, "DRAFT", "SEALED", "NEEDS_RECONFIRM")
    draft = bid.state == "DRAFT"
    act = Act(
        _("删除草稿") if draft else _("撤回方案"), _("删除草稿") if draft else _("撤回方案"),
        (_("撤回后不参加开标；截止前可以重新提交。"),), danger=True)
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.withdraw_bid(bid=bid, by=request.actor, at=request.at)
    ), reverse("challenge", args=[bid.challenge.number]), bid)


@signed_in
def reconfirm(request: AskedRequest, number: str) -> HttpResponse:
    bid = bid_to(request, number, rules.bids.may_sign_bid, "NEEDS_RECONFIRM")
    act = Act(_("重新确认方案"), _("重新确认"), (
        _("榜单有实质性改动，原方案不变，确认后继续有效。"),
        _("不确认的方案开标时未开封退回；也可替换或撤回。")),
        extra={"amendments": [
            one for one in amendments_of(bid.challenge) if one["row"].is_substantial]})
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.reconfirm_bid(bid=bid, by=request.actor, at=request.at)
    ), lambda receipt: reverse("bid-receipt", args=[bid.number, receipt.number]), bid)


@signed_in
def correct(request: AskedRequest, number: str) -> HttpResponse:
    bid = bid_to(request, number, rules.bids.may_edit_bid, "CORRECTION")
    check = bid.checks.filter(verdict="CORRECTION").first()
    act = Act(_("交补正"), _("交补正"), (_("补正只能交一次。"),), extra={"check": check})
    return act_page(request, forms.CorrectionForm(posted(request)), act, lambda data: (
        actions.correct_bid(bid=bid, text=data["text"], by=request.actor, at=request.at)
    ), url_of(bid), bid)


def _receipt(request: AskedRequest, number: str, receipt: str) -> tuple[Bid, Receipt]:
    """A receipt, for the bid's own people alone."""
    bid = bid_seen(request, number)
    if not rules.bids.is_bidder(request.actor, _facts(request, bid)):
        raise Http404
    return bid, found_or_404(Receipt.objects.filter(bid=bid), number=receipt)


@signed_in
def receipt(request: AskedRequest, number: str, receipt: str) -> HttpResponse:
    """A receipt: what was handed in, when, its fingerprint, and its entry in the record."""
    bid, row = _receipt(request, number, receipt)
    return render(request, "challenges/receipt.html", {
        "bid": bid, "challenge": bid.challenge, "receipt": row,
    })


@signed_in
def receipt_json(request: AskedRequest, number: str, receipt: str) -> HttpResponse:
    """The receipt as a file to keep."""
    bid, row = _receipt(request, number, receipt)
    response = JsonResponse(receipt_facts(bid, row), json_dumps_params={"ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="receipt-{row.number}.json"'
    return response


def receipt_facts(bid: Bid, row: Receipt) -> dict[str, Any]:
    """What a receipt says."""
    return {
        "receipt": row.number, "kind": row.kind, "challenge": bid.challenge.number,
        "bid": bid.number, "organisation": bid.organisation.code, "at": rfc3339(row.at),
        "content_version": row.content_version, bid.challenge.seal_hash: row.sha256,
        "rules_sha256": row.ruleset_sha256, "record_entry": row.entry_number,
    }
