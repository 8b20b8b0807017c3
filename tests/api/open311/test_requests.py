"""Requests: filed into the station's loop, once; read with the key that filed them; told without anybody's data."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from gridmap.api.open311.door import Turns
from gridmap.domain.access import Role
from gridmap.domain.dispute_words import Wish
from gridmap.http.limits import Buckets
from gridmap.services.disputes import acting
from tests.api.open311 import rules
from tests.api.open311.conftest import INSIDE, plenty
from tests.api.open311.test_services import both
from tests.disputes import actor_of
from tests.served import FOREIGN, OWN

STATION = {"jurisdiction_id": OWN}


def step(served, number: str, what: str, after: str, **columns) -> None:
    """Add a step to a request's dispute, as the owner; who holds it and when it is due stay but for what `columns` say."""
    (now,) = served.sql("SELECT holder_id, body, due_at FROM dispute WHERE request_id = :number", number=number)
    facts = {**now._mapping, "note": "内部", **columns}
    served.sql_do(
        """INSERT INTO dispute_event (station, dispute_id, at, by, what, note, role, after, tier, holder_id, body, due_at)
           SELECT station, id, clock_timestamp(), 'li', :what, :note, 'officer', :after, tier, :holder_id, :body,
             CAST(:due_at AS timestamptz) FROM dispute WHERE request_id = :number""",
        number=number, what=what, after=after, **facts,
    )  # fmt: skip


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_a_request_enters_the_loop(served, fmt):
    reply = served.file(fmt, description=f"楼上夜里拖椅子 {fmt}")
    assert reply.status_code == 201
    if fmt == "json":
        rules.check(reply.json(), rules.RECEIPT)
        number = reply.json()[0]["service_request_id"]
    else:
        root = rules.read_xml(reply)
        assert (root.tag, [one.tag for one in root]) == ("service_requests", ["request"])
        assert [one.tag for one in root[0]] == list(rules.RECEIPT)
        number = root.findtext("request/service_request_id")
    assert len(number) == 12
    found = served.dispute(number)
    assert (found.station, found.matter, found.kind, found.source, found.state) == (
        OWN, "dispute", "neighbours", "open311", "open",
    )  # fmt: skip
    assert (found.beat, found.grid_cell, found.words) == ("A", "A1", f"楼上夜里拖椅子 {fmt}")
    assert found.due_at is not None
    assert found.opened_by.startswith("open311/")
    assert served.sql("SELECT what, role FROM dispute_event WHERE dispute_id = :id", id=found.id) == [
        ("opened", "resident")
    ]


def test_hazards_tips_and_threats_are_what_they_say(served):
    assert served.dispute(served.filed(service_code="hazard", description="井盖没了")).matter == "hazard"
    assert served.dispute(served.filed(service_code="tip", description="有人撬锁")).matter == "tip"
    threatened = served.dispute(served.filed(description="他说要动手", **{"attribute[threats]": "yes"}))
    assert threatened.marks == ["threats"]
    assert served.dispute(served.filed(description="没有", **{"attribute[threats]": "no"})).marks == []


def test_who_filed_is_sealed_and_the_desk_sees_initials(served):
    number = served.filed(
        first_name="三丰", last_name="张", phone="138 0000 0000", email="a@example.org", device_id="phone 7",
        description="请回电 13900000000",
    )  # fmt: skip
    dispute = served.dispute(number)
    assert "139" not in dispute.words
    (party,) = served.sql("SELECT * FROM dispute_party WHERE dispute_id = :id", id=dispute.id)
    assert (party.side, party.reference) == (1, "张某")
    sealer = served.client.app.state.report_desk.sealer
    opened = json.loads(sealer.open(bytes(party.sealed), f"party {party.id}"))
    assert (opened["name"], opened["phone"]) == ("张三丰", "138 0000 0000")
    assert "a@example.org" in opened["note"]
    assert "phone 7" in opened["note"]
    assert "13900000000" in opened["note"]
    assert bytes(party.print) == sealer.print("phone 13800000000", f"party {OWN}")
    nameless = served.dispute(served.filed(description="只留电话", phone="13800000001"))
    assert served.sql("SELECT reference FROM dispute_party WHERE dispute_id = :id", id=nameless.id) == [("反映人",)]
    nobody = served.dispute(served.filed(description="什么也不留"))
    assert served.sql("SELECT FROM dispute_party WHERE dispute_id = :id", id=nobody.id) == []


def test_an_address_places_it_by_code_and_as_people_write_it(served):
    door = served.sql("SELECT id, code, full_text FROM address WHERE station = :s ORDER BY id LIMIT 1", s=OWN)[0]
    nowhere = {"lat": None, "long": None}
    by_code = served.filed(address_id=door.code, description="门牌一", **nowhere)
    by_text = served.filed(address_string=f"南城街道　{door.full_text}", description="门牌二", **nowhere)
    written = served.filed(address_string=door.full_text.replace("号", "號"), description="门牌三", **nowhere)
    assert {served.dispute(number).address_id for number in (by_code, by_text, written)} == {door.id}
    both_told = served.dispute(served.filed(address_string="没有的路9号", description="门牌四"))
    assert (both_told.address_id, both_told.grid_cell) == (None, "A1")
    for wrong in ({"address_string": "没有的路9号"}, {"address_id": "没有"}, {}, {"address_string": "号"}):
        assert "lat and long" in rules.check_errors(served.file(**wrong, **nowhere), 400)


def test_a_place_outside_names_the_station_it_belongs_to(served):
    outside = rules.check_errors(served.file(lat="36.5", long="112.905"), 400)
    assert "outside the jurisdiction of S001派出所 (S001)" in outside
    assert "no station here" in outside
    # Both stations of the test lie on the same ground: a point of S002's alone there is none, so one is made.
    served.sql_do(
        "UPDATE station SET jurisdiction = ST_Multi(ST_MakeEnvelope(114, 35, 114.1, 35.1, 4326)) WHERE code = :s", s=FOREIGN
    )  # fmt: skip
    assert f"jurisdiction_id {FOREIGN}" in rules.check_errors(served.file(lat="35.05", long="114.05"), 400)


@pytest.mark.parametrize(
    ("fields", "status", "word"),
    [
        ({"api_key": None}, 403, "api_key"), ({"api_key": "wrong"}, 403, "api_key"), ({"jurisdiction_id": "S999"}, 404, "station"),
        ({"jurisdiction_id": FOREIGN}, 403, "another"), ({"service_code": None}, 400, "service_code"),
        ({"service_code": "flying"}, 404, "service"), ({"lat": "x"}, 400, "lat"), ({"lat": "91"}, 400, "lat"),
        ({"long": None}, 400, "together"), ({"long": "NaN"}, 400, "long"), ({"description": "长" * 4001}, 400, "4,000"),
        ({"description": None}, 400, "description is missing"), ({"description": " \n"}, 400, "description is missing"),
        ({"first_name": "长" * 201}, 400, "first_name"), ({"attribute[flying]": "1"}, 400, "flying"),
        ({"attribute[threats]": "perhaps"}, 400, "threats"), ({"attributes": "1"}, 400, "attribute[code]"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_what_is_wrong_is_told_and_nothing_is_filed(served, fields, status, word, fmt):
    (before,) = served.sql("SELECT count(*) FROM dispute")
    assert word in rules.check_errors(served.file(fmt, **fields), status)
    assert served.sql("SELECT count(*) FROM dispute") == [before]


def test_a_body_that_is_no_form_is_refused(served):
    reply = served.client.post("/open311/v2/requests.json", json={"api_key": served.key})
    assert "form" in rules.check_errors(reply, 400)


def test_a_request_sent_twice_is_filed_once(served):
    first, second = served.file(description="一次就够"), served.file(description="一次就够")
    assert first.json() == second.json()
    assert (first.headers.get("Idempotency-Replayed"), second.headers["Idempotency-Replayed"]) == (None, "true")
    assert served.filed(description="一次就够", api_key=served.other) != first.json()[0]["service_request_id"]
    assert served.filed(description="一次就够", phone="13800000002") != first.json()[0]["service_request_id"]


def test_after_ten_minutes_the_same_words_are_another_request(served):
    number = served.filed(description="天天如此")
    dispute = served.dispute(number)
    served.sql_do("ALTER TABLE dispute_event DISABLE TRIGGER append_only")
    served.sql_do(
        "UPDATE dispute_event SET at = at - interval '11 minutes', key = NULL WHERE dispute_id = :id", id=dispute.id
    )
    served.sql_do("ALTER TABLE dispute_event ENABLE TRIGGER append_only")
    assert served.filed(description="天天如此") != number


def test_a_key_of_the_request_holds_for_good_and_for_one_request(served):
    keyed = {"Idempotency-Key": "from the phone 1"}
    first = served.file(headers=keyed, description="有键")
    again = served.file(headers=keyed, description="有键")
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "another request" in rules.check_errors(served.file(headers=keyed, description="别的事"), 400)
    assert "Idempotency-Key" in rules.check_errors(served.file(headers={"Idempotency-Key": "short"}), 400)


@pytest.mark.parametrize(
    "other", [{"service_code": "labour"}, {"lat": "35.8026"}, {"phone": "13800000009"}, {"description": "打 13800000009"},
              {"attribute[threats]": "yes"}],
)  # fmt: skip
def test_a_key_of_the_request_is_for_nothing_else(served, other):
    keyed = {"Idempotency-Key": f"only for one {sorted(other)}"}
    served.file(headers=keyed, description="打 13800000001")
    (before,) = served.sql("SELECT count(*) FROM dispute")
    told = rules.check_errors(served.file(headers=keyed, **{"description": "打 13800000001", **other}), 400)
    assert "another request" in told
    assert "take a new key" in told
    assert served.sql("SELECT count(*) FROM dispute") == [before]


def test_an_emergency_and_a_picture_are_answered_in_the_notice(served):
    reply = served.file(description="家里着火了", media_url="https://example.org/a.jpg").json()[0]["service_notice"]
    assert reply.startswith("如有危险，请立即拨打 110")
    assert "图片没有保存" in reply


def test_a_single_request_tells_how_it_stands_and_nothing_of_anybody(served):
    number = served.filed(first_name="秘密", last_name="某", phone="13811112222", description="不可外传的内容")
    path = f"requests/{number}"
    (seen,) = both(served, path)
    rules.check([seen], rules.REQUEST)
    assert (seen["status"], seen["status_notes"], seen["service_code"]) == ("open", "已收到，等待受理", "neighbours")
    assert (seen["agency_responsible"], seen["service_name"]) == ("S001派出所", "邻里纠纷")
    assert datetime.fromisoformat(seen["expected_datetime"]) > datetime.now(UTC)
    hidden = ("description", "address", "address_id", "lat", "long")
    assert [seen[name] for name in hidden] == [None] * 5
    for nobody in ("不可外传的内容", "秘密", "13811112222", INSIDE["long"]):
        assert nobody not in served.get(f"{path}.xml").text
    assert both(served, path, api_key=served.other)[0] == seen
    (own,) = both(served, path, api_key=served.key, **STATION)
    assert (own["description"], own["lat"], own["long"]) == ("不可外传的内容", 35.8025, 112.905)
    assert {name: own[name] for name in own if name not in hidden} == {
        name: seen[name] for name in seen if name not in hidden
    }
    assert served.get(f"requests/{number.lower()}.json").json() == [seen]
    (english,) = served.get(f"{path}.json", locale="en").json()
    assert english["status_notes"] == "Received; somebody will take it up"
    assert both(served, f"tokens/{number}") == [{"service_request_id": number, "token": number}]


def test_its_steps_show_as_sentences_and_its_end_as_closed(served):
    number = served.filed(description="一步一步")
    (holder,) = served.sql("SELECT id FROM person WHERE station = :s", s=OWN)
    person = {"holder_id": holder.id, "body": None}
    step(served, number, "accepted", "accepted", **person)
    step(served, number, "note", "accepted", **person)  # not for residents
    (seen,) = both(served, f"requests/{number}")
    assert (seen["status"], seen["status_notes"]) == ("open", "已受理")
    assert "内部" not in str(seen)
    step(served, number, "settled", "settled", **person)
    (seen,) = both(served, f"requests/{number}")
    assert (seen["status"], seen["status_notes"], seen["expected_datetime"]) == (
        "closed", "您反映的事项已化解。若有反复，请再告诉我们。", None,
    )  # fmt: skip


#: A step, and what of a request is told otherwise after it.
NOTES = frozenset({"status_notes"})
STEPS = (
    (Wish("accepted"), NOTES), (Wish("note", "内部"), frozenset()), (Wish("begun"), NOTES), (Wish("marked", marks=("worse",)), frozenset()),
    (Wish("marked", kind="debt"), frozenset({"service_code", "service_name"})), (Wish("escalated", "谈不拢"), NOTES),
    (Wish("begun"), NOTES), (Wish("settled", "谈妥了"), NOTES | {"status", "expected_datetime"}), (Wish("followed_up", outcome=5), NOTES),
    (Wish("note", "内部"), frozenset()), (Wish("reopened", "又吵"), NOTES | {"status", "expected_datetime"}),
    (Wish("not_ours", "已由法院受理"), NOTES | {"status", "expected_datetime"}),
)  # fmt: skip


def test_whoever_asks_for_what_has_changed_finds_every_change_that_is_told_and_no_other(served):
    number = served.filed(description="每一步都看得到")
    dispute, officer = served.dispute(number).id, actor_of(None, Role.OFFICER, "li", OWN)
    (seen,) = served.get(f"requests/{number}.json").json()
    at = datetime.now(UTC)
    for wish, told in STEPS:
        before, at = seen, at + timedelta(minutes=1)
        with served.sessions.begin() as session:
            acting.act(session, officer, OWN, dispute, wish, version=None, now=at)
        (seen,) = served.get(f"requests/{number}.json").json()
        changed = {name for name in seen if name != "updated_datetime" and seen[name] != before[name]}
        assert changed == told, wish.step
        assert (seen["updated_datetime"] == f"{at:%Y-%m-%dT%H:%M:%SZ}") == bool(told), wish.step
        reply = served.get("requests.json", api_key=served.key, updated_after=f"{at:%Y-%m-%dT%H:%M:%SZ}")
        assert (number in {one["service_request_id"] for one in reply.json()}) == bool(told), wish.step


@pytest.mark.parametrize("path", ["requests/000000000000", "requests/x", "requests/a%00b", "tokens/000000000000"])
def test_a_number_nobody_has_is_not_found(served, path):
    assert "service_request_id" in rules.check_errors(served.get(f"{path}.json"), 404)
    rules.check_errors(served.get(f"{path}.xml", **STATION), 404)


def test_a_request_of_another_jurisdiction_is_not_found_there(served):
    number = served.filed(description="只在这里")
    rules.check_errors(served.get(f"requests/{number}.json", jurisdiction_id=FOREIGN), 404)
    rules.check_errors(served.get(f"requests/{number}.json", jurisdiction_id="S999"), 404)
    # A key of another station reads it as anybody does.
    assert served.get(f"requests/{number}.json", api_key=served.foreign).json()[0]["description"] is None


def test_a_list_shows_what_was_filed_with_its_key(served):
    mine = served.filed(description="列表一", service_code="hazard")
    theirs = served.filed(description="列表二", api_key=served.other)
    listed = both(served, "requests", api_key=served.key, **STATION)
    rules.check(listed, rules.REQUEST)
    numbers = [one["service_request_id"] for one in listed]
    assert mine in numbers
    assert theirs not in numbers
    assert next(one["service_request_id"] for one in both(served, "requests", api_key=served.other)) == theirs
    assert both(served, "requests", api_key=served.foreign) == []
    times = [one["requested_datetime"] for one in listed]
    assert times == sorted(times, reverse=True)
    for status in (403,):
        rules.check_errors(served.get("requests.json", **STATION), status)
        rules.check_errors(served.get("requests.xml", api_key="wrong", **STATION), status)


def test_a_list_is_narrowed_and_paged(served):
    def numbers(**params) -> list[str]:
        found = served.get("requests.json", api_key=served.key, **params)
        assert found.status_code == 200, found.text
        return [one["service_request_id"] for one in found.json()]

    old = served.filed(description="很久以前")
    tip, quarrel = (
        served.filed(description="狭窄一", service_code="tip"),
        served.filed(description="狭窄二", service_code="debt"),
    )
    served.sql_do("UPDATE dispute SET opened_at = now() - interval '100 days' WHERE request_id = :number", number=old)
    step(served, quarrel, "withdrawn", "withdrawn")
    assert set(numbers(service_code="tip,debt")) >= {tip, quarrel}
    assert quarrel not in numbers(service_code="tip")
    assert quarrel in numbers(status="closed")
    assert quarrel not in numbers(status="open")
    assert numbers(status="open,closed") == numbers()
    assert old not in numbers()
    then = datetime.now(UTC) - timedelta(days=101)
    assert old in numbers(start_date=then.isoformat(), end_date=(then + timedelta(days=2)).isoformat())
    assert old in numbers(end_date=(then + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert set(numbers(service_request_id=f"{old},{tip}", status="closed")) == {old, tip}
    every = numbers()
    assert [number for page in (1, 2) for number in numbers(page=page, page_size=2)] == every[:4]
    (at,) = {
        one["requested_datetime"]
        for one in served.get("requests.json", api_key=served.key, service_request_id=tip).json()
    }
    assert tip in numbers(start_date=at, end_date=at)


@pytest.mark.parametrize(
    "params",
    [
        {"status": "flying"}, {"start_date": "2025-01-01"}, {"start_date": "2025-01-01T00:00:00"}, {"end_date": "x"},
        {"start_date": "2025-01-01T00:00:00Z", "end_date": "2025-04-02T00:00:00Z"}, {"page": "0"}, {"page_size": "many"},
        {"start_date": "2025-02-01T00:00:00Z", "end_date": "2025-01-01T00:00:00Z"}, {"start_date": "0001-01-01T00:00:00+23:59"},
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_is_refused(served, params):
    rules.check_errors(served.get("requests.json", api_key=served.key, **params), 400)


def test_whoever_files_or_guesses_too_much_has_to_wait(served):
    served.client.app.state.open311_turns = Turns(filing=Buckets(burst=1, every=600), wrong=Buckets(burst=1, every=600))
    try:
        number = served.filed(description="第一件")
        late = served.file("xml", description="第二件")
        assert "wait" in rules.check_errors(late, 429)
        assert int(late.headers["Retry-After"]) > 0
        rules.check_errors(served.get("requests/000000000000.json"), 404)
        rules.check_errors(served.get("requests/000000000000.json"), 429)
        assert served.get(f"requests/{number}.json").status_code == 200
    finally:
        served.client.app.state.open311_turns = plenty()


def test_an_ended_key_opens_nothing(served):
    number = served.filed(description="钥匙收回", api_key=served.other)
    served.sql_do("UPDATE open311_key SET active = false WHERE name = 'tests' AND id = 2")
    try:
        rules.check_errors(served.get("requests.json", api_key=served.other), 403)
        rules.check_errors(served.file(api_key=served.other, description="不行"), 403)
        assert served.get(f"requests/{number}.json").status_code == 200
    finally:
        served.sql_do("UPDATE open311_key SET active = true")


def test_the_same_request_from_many_hands_at_once_is_filed_once(served):
    with ThreadPoolExecutor(6) as hands:
        sent = list(hands.map(lambda _: served.file(description="六只手"), range(6)))
    assert [reply.status_code for reply in sent] == [201] * 6
    assert len({reply.json()[0]["service_request_id"] for reply in sent}) == 1
    assert sum("Idempotency-Replayed" not in reply.headers for reply in sent) == 1


def test_a_list_of_what_has_changed_is_told_by_when_however_old_it_is(served):
    number, still = served.filed(description="变过的"), served.filed(description="没有变过的")
    (holder,) = served.sql("SELECT id FROM person WHERE station = :s", s=OWN)
    long_ago = datetime.now(UTC) - timedelta(days=200)
    for one in (number, still):
        dispute = served.dispute(one).id
        served.sql_do("ALTER TABLE dispute_event DISABLE TRIGGER USER; ALTER TABLE dispute DISABLE TRIGGER USER")
        served.sql_do("UPDATE dispute SET opened_at = :at WHERE id = :id", at=long_ago, id=dispute)
        served.sql_do("UPDATE dispute_event SET at = :at WHERE dispute_id = :id", at=long_ago, id=dispute)
        served.sql_do("ALTER TABLE dispute_event ENABLE TRIGGER USER; ALTER TABLE dispute ENABLE TRIGGER USER")
    step(served, number, "accepted", "accepted", holder_id=holder.id, body=None)

    def listed(**asked):
        reply = served.get("requests.json", api_key=served.key, **asked)
        assert reply.status_code == 200, reply.text
        return {one["service_request_id"]: one["updated_datetime"] for one in reply.json()} | {}

    now = datetime.now(UTC)
    recent = listed(updated_after=(now - timedelta(hours=1)).isoformat())
    assert number in recent
    assert still not in recent
    old = listed(updated_before=(now - timedelta(days=100)).isoformat())
    assert still in old
    assert number not in old
    told = recent[number]
    assert number in listed(updated_after=told, updated_before=told), "the moment told of a request finds it"
    assert number not in listed(updated_after=told, start_date=(now - timedelta(days=1)).isoformat()), (
        "and it was filed then"
    )
    assert listed(updated_after=told, extensions="true").keys() == listed(updated_after=told).keys()


@pytest.mark.parametrize(
    "asked", [{"updated_after": "x"}, {"updated_before": "2025-01-01"},
              {"updated_after": "2025-02-01T00:00:00Z", "updated_before": "2025-01-01T00:00:00Z"}],
)  # fmt: skip
def test_a_change_at_no_moment_is_told(served, asked):
    assert next(iter(asked))[:7] in rules.check_errors(served.get("requests.json", api_key=served.key, **asked), 400)
