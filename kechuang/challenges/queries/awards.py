"""Reads of awards: who is proposed, on notice, awarded; the ranking with its line; the money."""

from django.db.models import Exists, OuterRef, QuerySet

from kechuang.base.actor import Role
from kechuang.challenges.models import Bid, Challenge, Proposal
from kechuang.challenges.queries.content import sealed_content_of
from kechuang.challenges.rules.allocating import Line, Ranked, cut_line
from kechuang.notices.models import Notice
from kechuang.projects.models import Project
from kechuang.record.queries import history_of

LIVE = (Proposal.State.APPROVING, Proposal.State.APPROVED)


def live_proposals(challenge: Challenge) -> list[Proposal]:
    """The awards being approved, on notice or final, best first; empty before and after."""
    return list(
        challenge.proposals.filter(state__in=LIVE).select_related("by").order_by("place")
    )


def awards_on_notice(challenge: Challenge) -> list[Proposal]:
    """The approved awards that are not final yet."""
    return [
        one for one in live_proposals(challenge)
        if one.state == Proposal.State.APPROVED and not one.project_number
    ]


def ask_of(bid: Bid) -> int:
    """The public money that an opened bid asks for."""
    return int(sealed_content_of(bid)["budget"]["public_fen"])


def ranked_bids(challenge: Challenge) -> list[Ranked]:
    """The reviewed bids as the rules of allocation see them."""
    bids = Bid.objects.filter(challenge=challenge, rank__isnull=False).select_related("challenge")
    return [
        Ranked(bid.number, bid.rank, bid.passed, ask_of(bid))
        for bid in bids.order_by("rank", "id")
    ]


def ranking_with_line(challenge: Challenge) -> list[Line]:
    """The ranking with the line where places or money are used up."""
    return cut_line(ranked_bids(challenge), challenge.winners_max, challenge.public_fen)


def taken_fen(challenge: Challenge) -> int:
    """The public money that live awards take of their call."""
    return sum(one.public_fen for one in live_proposals(challenge))


def projects_of(challenge: Challenge) -> QuerySet[Project]:
    """The projects of the awards that stand, in the order of the awards."""
    awarded = Proposal.objects.filter(
        challenge=challenge, state=Proposal.State.APPROVED, project_number=OuterRef("number")
    )
    return Project.objects.filter(Exists(awarded)).select_related(
        "lead_organisation", "leader"
    ).order_by("number")


def office_of(challenge: Challenge) -> set[str]:
    """Who of the office has had a part in a challenge, by the record."""
    acts = history_of(challenge.number).filter(role__in=[Role.OFFICER, Role.HEAD])
    return set(acts.values_list("person", flat=True))


def notice_of_bid(bid: Bid) -> Notice | None:
    """The notice that a bidder reads: that of the own award, else of the first on the list."""
    awards = [one for one in live_proposals(bid.challenge) if one.notice_number]
    own = [one for one in awards if one.bid_number == bid.number]
    numbers = [one.notice_number for one in [*own, *awards]][:1]
    return Notice.objects.filter(number__in=numbers).first()


def is_undone(proposal: Proposal) -> bool:
    """Whether the notice of a proposal was cancelled by an upheld objection."""
    return Notice.objects.filter(number=proposal.notice_number, state="CANCELLED").exists()
