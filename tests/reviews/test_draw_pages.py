"""Draws by pages and API: the whole way by forms, and what anybody may read."""

import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from kechuang.engines.drawing import commitment_of, fault_of
from kechuang.reviews import queries, waiting
from kechuang.reviews.models import Draw, Panel, Seat
from tests.reviews.bench import planned
from tests.reviews.drawing import HOUR, DrawBench, crowd, ready

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "kechuang/reviews/static/reviews/nonce.js"
LIBRARY = ROOT / "node_modules/sm-crypto-v2/dist/index.umd.js"
NONCE = bytes(range(32))


@pytest.fixture
def now():
    return timezone.now()


def tasks(actor, at):
    return [str(one.task) for one in waiting.matters_for(actor, at)]


def test_the_office_has_the_experts_drawn_by_forms(world, now, client_as):
    bench = planned(world, now - HOUR, is_public=True).officers()
    crowd(world, 8, now)
    bench.cases()
    address = f"/reviews/panels/{bench.panel.number}"
    office, head = client_as(world.officer), client_as(world.officer_province)
    assert office.get(f"{address}/draw-operator/").status_code == 200
    operator = world.officer_province.person.number
    done = office.post(f"{address}/draw-operator/", {"operator": operator})
    assert done["Location"] == f"{address}/"
    assert tasks(world.officer_province.actor, now) == ["建立专家抽取"]
    page = head.get(f"{address}/draw/").content.decode()
    assert "现在的专家池" in page and "本组秘书、组长、抽取人或见证人" in page
    stamp = "%Y-%m-%d %H:%M"
    plan = {
        "seats": "3", "suite": "intl", "source": "双色球第2026135期", "fallback": "上证指数收盘",
        "fields_wanted": "轴承、材料",
        "witnesses": [world.officer.person.number, world.supervisor.person.number],
        **{name: f"{timezone.localtime(now + hours * HOUR):{stamp}}" for name, hours in (
            ("commit_until", 2), ("reveals_until", 4), ("public_at", 6))},
    }  # fmt: skip
    wrong = head.post(f"{address}/draw/", plan | {"public_at": plan["commit_until"]})
    assert (wrong.status_code, "三个时间依次在后" in wrong.content.decode()) == (422, True)
    wrong = head.post(f"{address}/draw/", plan | {"fields_wanted": "轴乘"})
    assert "专家库里没有人登记“轴乘”。相近的有：轴承。" in wrong.content.decode()
    assert Draw.objects.count() == 0
    done = head.post(f"{address}/draw/", plan)
    draw = Draw.objects.get()
    assert done["Location"] == f"/reviews/draws/{draw.number}/"
    assert (draw.filters["fields"], len(queries.members_of(draw))) == (["材料", "轴承"], 8)
    assert draw.number in office.get(f"{address}/").content.decode()


def test_a_witness_commits_and_reveals_by_forms(world, now, client_as):
    bench = ready(world, now - 1.5 * HOUR).fixed()
    way = f"/reviews/draws/{bench.draw.number}"
    assert tasks(world.supervisor.actor, now) == ["提交抽取承诺"]
    for one in bench.witnesses:
        client, number = client_as(one), one.person.number
        assert client.get(f"{way}/commit/").status_code == 200
        done = client.post(f"{way}/commit/", {"commitment": commitment_of(NONCE, number)})
        assert done["Location"] == f"{way}/"
    assert "揭示随机数" in tasks(world.supervisor.actor, now)
    client = client_as(world.supervisor)
    assert client.get(f"{way}/reveal/").status_code == 200
    assert client.post(f"{way}/reveal/", {"nonce": "0" * 64}).status_code == 422
    assert client.post(f"{way}/reveal/", {"nonce": NONCE.hex()})["Location"] == f"{way}/"
    assert NONCE.hex() in Client().get(f"{way}/record.json").content.decode()


def test_the_operator_enters_the_value_and_anybody_can_check(world, now, client_as):
    bench = ready(world, now - 7 * HOUR).fixed().committed().revealed()
    way = f"/reviews/draws/{bench.draw.number}"
    head = client_as(world.officer_province)
    assert "录入公共数值并抽取" in tasks(world.officer_province.actor, now)
    assert head.get(f"{way}/cancel/").status_code == 200
    assert head.post(f"{way}/cancel/", {"reason": "不想抽"}).status_code == 422
    assert head.post(f"{way}/value/", {"value": "03 08 11"})["Location"] == f"{way}/"
    assert Seat.objects.filter(state="INVITED").count() == 3
    record = Client().get(f"{way}/record.json").json()
    assert fault_of(record) is None and record["public"]["value"] == "03 08 11"
    stranger = Client().get(f"{way}/").content.decode()
    inside = client_as(world.officer2).get(f"{way}/").content.decode()
    drawn = [seat.expert.person.name for seat in Seat.objects.select_related("expert__person")]
    assert all(name in inside and name not in stranger for name in drawn)
    assert Client().get(f"/api/v1/reviews/draws/{bench.draw.number}/record").json() == record


def test_nobody_else_finds_a_draw_of_something_unpublished(world, now, client_as, api_as):
    bench = ready(world, now - 1.5 * HOUR).fixed()
    Panel.objects.update(is_public=False)
    way = f"/reviews/draws/{bench.draw.number}"
    for client in (Client(), client_as(world.filler), client_as(world.expert5)):
        for address in (f"{way}/", f"{way}/record.json"):
            assert client.get(address).status_code == 404
    for client in (Client(), api_as(world.filler)):
        assert client.get(f"/api/v1{way}/record").status_code == 404
    assert client_as(world.supervisor).get(f"{way}/").status_code == 200


def test_the_steps_by_api(world, now, api_as):
    bench = DrawBench(planned(world, now - HOUR, is_public=True).officers())
    crowd(world, 8, now)
    bench.bench.cases()
    panel = f"/api/v1/reviews/panels/{bench.bench.panel.number}"
    office, head = api_as(world.officer), api_as(world.officer_province)

    def post(client, address, **body):
        return client.post(address, json.dumps(body), content_type="application/json")

    operator = world.officer_province.person.number
    assert post(office, f"{panel}/draw-operator", operator=operator).status_code == 200
    plan = {
        "seats": 3, "source": "双色球", "fallback": "上证指数",
        "witnesses": [world.officer.person.number, world.supervisor.person.number],
        **{name: (now + hours * HOUR).isoformat() for name, hours in (
            ("commit_until", 2), ("reveals_until", 4), ("public_at", 6))},
    }  # fmt: skip
    draw = post(head, f"{panel}/draws", **plan).json()
    assert (draw["state"], draw["seats"]) == ("COMMITTING", 3)
    way = f"/api/v1/reviews/draws/{draw['number']}"
    for one in (world.officer, world.supervisor):
        told = commitment_of(NONCE, one.person.number)
        done = post(api_as(one), f"{way}/commitments", commitment=told)
        assert done.status_code == 200, done.content
    done = post(api_as(world.officer), f"{way}/reveals", nonce=NONCE.hex())
    assert done.json()["state"] == "REVEALING"
    early = post(head, f"{way}/value", value="1").json()["refusals"]
    assert [one["code"] for one in early] == ["reviews.draw_value_early"]
    assert post(head, f"{way}/cancel", reason="改日").json()["state"] == "CANCELLED"
    assert [one["number"] for one in head.get(f"{panel}/draws").json()] == [draw["number"]]


def test_the_browser_commits_to_the_same_bytes():
    node = shutil.which("node") or str(ROOT / ".venv/bin/node")
    assert Path(node).exists(), "node is missing: scripts/install fetches it with npm"
    code = (
        f"import {{ commitment, isAble }} from {json.dumps(MODULE.as_uri())};"
        "import { readFileSync } from 'node:fs'; import { runInThisContext } from 'node:vm';"
        "const nonce = Uint8Array.from({ length: 32 }, (_, i) => i);"
        "console.log(await commitment(nonce, 'RY-2024-000001'));"
        "console.log(await commitment(nonce, '见证人'));"
        "console.log(await isAble('gm'));"
        f"runInThisContext(readFileSync({json.dumps(str(LIBRARY))}, 'utf8'));"
        "console.log(await isAble('gm'), await isAble('intl'), await isAble('sm9'));"
        "console.log(await commitment(nonce, '见证人', 'gm'));"
    )
    done = subprocess.run(
        [node, "--input-type=module", "-e", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [
        commitment_of(NONCE, "RY-2024-000001"), commitment_of(NONCE, "见证人"),
        "false", "true", "true", "false", commitment_of(NONCE, "见证人", "gm"),
    ]  # fmt: skip


def test_a_page_of_a_draw_asks_as_much_for_eight_as_for_thirty(
    world, now, django_assert_num_queries
):
    bench = ready(world, now - timedelta(hours=7)).fixed().committed().revealed().drawn()
    with django_assert_num_queries(3):
        queries.record_of(Draw.objects.select_related("panel").get(pk=bench.draw.pk))
