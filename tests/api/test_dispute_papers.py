"""Mediators, parties, papers and series for programs: the way through them, once for each key, and nothing personal unasked."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.store.tables import Mediator
from tests import makers
from tests.served import OWN

S = f"/api/v1/stations/{OWN}"
NEW = {"kind": "noise", "words": "夜里拖椅子", "lon": 112.905, "lat": 35.8025, "source": "call"}


@pytest.fixture
def officer(two_stations, as_role, sessions):
    with sessions.begin() as session:
        session.execute(text("UPDATE incident_category SET is_dispute = true WHERE code = 'noise'"))
    return as_role("officer")


def opened(client, **more: object) -> str:
    reply = client.post(f"{S}/disputes", json={**NEW, **more})
    assert reply.status_code == 201, reply.text
    return f"{S}/disputes/{reply.json()['dispute']}"


def test_mediators_are_told_with_reasons_and_the_one_picked_is_handed_the_dispute(officer, sessions):
    with sessions.begin() as session:
        one = makers.make_person(session, "周调解", "mediator", station=OWN, cell="A1")
        session.add(Mediator(person_id=one.id, station=OWN))
    url = opened(officer)
    told = officer.get(f"{url}/matches").json()
    (match,) = told["items"]
    assert (match["name"], match["ready"], match["open"], told["may_hand_over"]) == ("周调解", True, 0, True)
    assert {"word": "cell", "good": True, "zh": "就在本网格 A1", "en": "works in this grid cell, A1"} in match[
        "reasons"
    ]
    # Counts of work and reasons: nothing by which one could be set above another.
    assert {name for name, told in match.items() if isinstance(told, int | float) and not isinstance(told, bool)} == {
        "person_id", "open", "most",
    }  # fmt: skip
    step = {"step": "passed_on", "to": f"person:{match['code']}", "note": "请接手", "version": told["version"]}
    assert officer.post(f"{url}/steps", json=step).status_code == 200
    assert officer.get(f"{url}/matches").json()["items"][0]["open"] == 1


def test_a_party_is_added_linked_and_opened_with_a_reason_alone(officer):
    first, second = opened(officer), opened(officer, lon=112.915)
    person = {"side": 1, "name": "张三丰", "phone": "138-0000-0000"}
    party = officer.post(f"{first}/parties", json=person).json()
    assert party["linked"] == []
    assert officer.post(f"{second}/parties", json=person).json()["linked"] == [int(first.rsplit("/", 1)[1])]
    for url in (first, f"{first}/parties"):
        assert "张三丰" not in officer.get(url).text
        assert "0000-0000" not in officer.get(url).text
    assert officer.get(f"{first}/parties").json()["items"][0] == {
        "id": party["id"], "side": 1, "reference": "张某", "kept": True, "others": 1
    }  # fmt: skip
    who = f"{first}/parties/{party['id']}/open"
    assert officer.post(who, json={"reason": "x"}).status_code == 422
    assert officer.post(who, json={"reason": "    "}).json()["type"] == "/problems/party-needs-reason"
    reply = officer.post(who, json={"reason": "约双方到所"})
    assert (reply.json()["name"], reply.headers["cache-control"]) == ("张三丰", "no-store")
    assert officer.post(f"{first}/parties", json={"side": 1, "reference": "13800000000"}).status_code == 422


def test_a_paper_is_begun_and_kept_once_for_each_key(officer):
    url = opened(officer)
    begun = officer.get(f"{url}/papers/begin?kind=agreement&language=en").json()
    assert begun["id"] is None
    assert "agree of their own will" in begun["text"]
    headers = {"Idempotency-Key": "a-key-of-a-paper"}
    paper = {"kind": "agreement", "language": "en", "text": begun["text"]}
    made = [officer.post(f"{url}/papers", json=paper, headers=headers).json()["id"] for _ in range(2)]
    assert made[1] is None
    (kept,) = officer.get(f"{url}/papers").json()["items"]
    assert (kept["id"], kept["number"]) == (made[0], 1)
    assert officer.get(f"{url}/papers/{made[0]}").json()["text"] == begun["text"]
    four = {"kind": "accounts", "accounts": {"heart": "各让一步"}}
    accounts = officer.post(f"{url}/papers", json=four).json()["id"]
    assert officer.get(f"{url}/papers/{accounts}").json()["accounts"]["heart"] == "各让一步"
    assert officer.post(f"{url}/papers", json={"kind": "record", "text": " "}).status_code == 422


def test_a_series_is_proposed_made_changed_and_solved(officer, sessions):
    numbers = [int(opened(officer, matter="case", lon=112.905 + n / 10_000).rsplit("/", 1)[1]) for n in range(3)]
    with sessions.begin() as session:
        session.execute(
            text('UPDATE loop SET rules = jsonb_set(rules, \'{series}\', \'{"kinds": ["noise"], "least": 3}\')')
        )
        session.execute(text("UPDATE loop SET loaded_at = clock_timestamp()"))
    (found,) = officer.get(f"{S}/series/proposals").json()["items"]
    assert {f"d{n}" for n in numbers} <= {one["key"] for one in found["members"]}
    wish = {"kind": "noise", "name": "一串", "members": [f"d{n}" for n in numbers[:2]]}
    made = officer.post(f"{S}/series", json=wish).json()
    assert [one["key"] for one in made["members"]] == wish["members"]
    assert officer.post(f"{S}/series", json=wish).status_code == 422
    url = f"{S}/series/{made['id']}"
    changed = officer.post(f"{url}/members", json={"add": [f"d{numbers[2]}"], "remove": [f"d{numbers[0]}"]}).json()
    assert [one["key"] for one in changed["members"]] == [f"d{n}" for n in numbers[1:]]
    assert officer.post(f"{url}/solve", json={"sentence": "都已上门谈妥"}).json() == {"settled": 2, "over": 0}
    assert officer.get(url).json()["state"] == "solved"
    reply = officer.post(f"{url}/dissolve", json={})
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/series-ended")
    assert [one["state"] for one in officer.get(f"{S}/series").json()["items"]] == ["solved"]
