"""One need from post to a paid milestone and a published figure, through the API alone."""

import pytest

from kechuang.record.models import Entry
from kechuang.record.queries import fillers, leaf_of
from kechuang.record.rules import canonical_json, leaf_hash, merkle_root
from tests.line import calling, finding, judging, paying
from tests.line.city import City

pytestmark = pytest.mark.django_db
STEPS = (
    finding.register, finding.post_need, finding.post_offer, finding.match,
    calling.draft_challenge, calling.argue_and_authorise, calling.publish_and_answer,
    calling.bid_twice, calling.nobody_else_reads, calling.close,
    judging.unseal, judging.check, judging.declare_and_score, judging.rank,
    judging.propose, judging.object_and_decide, judging.award,
    paying.sign, paying.pay_first, paying.pass_milestone, paying.pay_milestone,
    paying.publish_figure,
)  # fmt: skip
PAYMENT = """projects.request_payment projects.review_payment ledger.post projects.pay_instalment
    projects.confirm_payment"""
# What the record holds of each object, all of it, in order.
COURSE = {
    "need": """needs.submit needs.sign needs.return needs.submit needs.sign needs.pass needs.pass
        matching.judge matching.judge needs.disclose needs.convert""",
    "offer": "offers.submit offers.sign",
    "introduction": """matching.introduce matching.answer matching.answer matching.record_contact
        matching.advance""",
    "challenge": """challenges.create challenges.answer_fit_test challenges.ask_consent
        challenges.consent challenges.send_to_argument challenges.argue challenges.argue
        challenges.argue challenges.authorise challenges.open challenges.answer challenges.close
        challenges.attend challenges.unseal challenges.finish_check challenges.take_ranking
        challenges.choose challenges.propose challenges.return_proposal challenges.propose
        challenges.approve challenges.approve challenges.finalise challenges.run""",
    "supplier": "parties.register_organisation",
    "bid of member": """bids.confirm bids.sign bids.submit bids.open bids.check bids.rank
        bids.decide bids.award""",
    "bid of institute_member": """bids.sign bids.submit bids.open bids.check bids.rank
        bids.decide""",
    "panel": f"""reviews.plan_panel reviews.name_panel_officers reviews.put_cases
        reviews.assign_experts {4 * "reviews.accept_seat "} {8 * "reviews.declare "}
        reviews.finish_review""",
    "notice": "notices.open_notice notices.close_notice",
    "objection": """notices.object_to notices.accept_objection notices.answer_objection
        notices.decide_objection""",
    "project": f"""projects.open_project projects.draft_agreement projects.sign_for_unit
        {4 * "ledger.open_account "} projects.release_instalment projects.sign_for_department
        {PAYMENT} ledger.post projects.receive_funds projects.submit_milestone
        projects.open_check {3 * "projects.give_opinion "} projects.check_milestone
        projects.release_instalment {PAYMENT}""",
    "observation": "indicators.measure indicators.publish",
}


@pytest.fixture
def city(world, settings, tmp_path):
    settings.STATE = tmp_path
    return City(world)


def test_a_need_becomes_a_paid_milestone_and_a_published_figure(city):
    for step in STEPS:
        step(city)
    city.pass_time(minutes=10)
    assert {name: verbs_on(city, name) for name in COURSE} == {
        name: course.split() for name, course in COURSE.items()
    }
    the_checkpoint_holds(city)


def verbs_on(city: City, name: str) -> list[str]:
    """What anybody reads that was done with an object, in order; each entry has its own place."""
    entries = city.get("public", f"/verify/{city.numbers[name]}")["entries"]
    places = [entry["position"] for entry in entries]
    assert None not in places
    assert len(set(places)) == len(places)
    return [entry["verb"] for entry in entries]


def the_checkpoint_holds(city: City) -> None:
    """Every entry hashes to its leaf; the leaves and the fillers between them to the root that
    anybody may write down."""
    entries = list(Entry.objects.order_by("position"))
    leaves = {entry.position: leaf_hash(canonical_json(leaf_of(entry))) for entry in entries}
    assert list(leaves.values()) == [entry.leaf_hash for entry in entries]
    checkpoint, filler = city.get("public", "/verify"), fillers()
    every = [
        leaves.get(place) or filler[place].hex() for place in range(checkpoint["size"])
    ]
    assert max(leaves) < len(every)
    assert (checkpoint["size"], checkpoint["root"]) == (len(every), merkle_root(every))
