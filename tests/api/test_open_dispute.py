"""Opening disputes by the API: at places one may take them in at, told no more than one may see."""

from __future__ import annotations

import pytest

from gridmap.store.tables import IncidentCategory
from tests.api.test_disputes import S, desk, problem
from tests.served import OWN

__all__ = ["desk"]
NEW = {"kind": "noise", "matter": "hazard", "words": "夜里拖椅子"}


@pytest.fixture(scope="module")
def doors(desk) -> tuple[int, int]:
    """Return the addresses of a door in cell A1 and of one outside it."""
    inside = """SELECT min(a.id) FROM address a WHERE a.station = :station AND :within = EXISTS (
        SELECT FROM grid_cell g WHERE g.edition_id = edition_in_force(:station, now()) AND g.code = 'A1'
          AND ST_Intersects(g.geom, a.geom))"""
    here, far = (desk.scalar(inside, station=OWN, within=within) for within in (True, False))
    assert None not in {here, far}
    return here, far


def opened(client, **more):
    return client.post(f"{S}/disputes", json={**NEW, **more})


def test_only_at_doors_one_may_look_for(desk, doors):
    here, far = doors
    assert opened(desk.member, address_id=here).status_code == 201
    assert opened(desk.officer, address_id=far).status_code == 201
    unknown = opened(desk.member, address_id=2**31 - 1)
    for client, address in ((desk.member, far), (desk.mediator, here), (desk.mediator, far)):
        before = desk.scalar("SELECT count(*) FROM dispute")
        reply = opened(client, address_id=address)
        assert problem(reply, 422) == "dispute-not-valid"
        # Which of the two it is, no such door or none of theirs, is not told.
        assert reply.json()["detail"] == unknown.json()["detail"].replace(str(2**31 - 1), str(address))
        assert desk.scalar("SELECT count(*) FROM dispute") == before


@pytest.mark.parametrize("at", [(0.1, 0.1), (112.9, 36.9)])
@pytest.mark.parametrize("with_door", [False, True])
def test_only_at_points_of_the_station(desk, doors, at, with_door):
    more = {"address_id": doors[0]} if with_door else {}
    reply = opened(desk.officer, lon=at[0], lat=at[1], **more)
    assert problem(reply, 422) == "dispute-not-valid"
    assert "jurisdiction" in reply.json()["detail"]


@pytest.mark.parametrize(
    ("more", "word"), [({"kind": "theft"}, "no kind of dispute"), ({"language": "zzz"}, "language is one of zh, en")]
)
def test_only_what_the_station_offers(desk, doors, more, word):
    with desk.sessions.begin() as session:
        if session.get(IncidentCategory, "theft") is None:
            session.add(IncidentCategory(code="theft", name_zh="盗窃", name_en="Theft"))
    reply = opened(desk.officer, address_id=doors[1], **{"matter": "dispute", **more})
    assert problem(reply, 422) == "dispute-not-valid"
    assert word in reply.json()["detail"]
    # A case may be of any kind, and a dispute of a kind of disputes.
    for sound in ({"kind": "theft", "matter": "case"}, {"matter": "dispute", "language": "en"}):
        assert opened(desk.officer, address_id=doors[1], **sound).status_code == 201


def test_links_of_a_step_are_told_as_far_as_one_sees_what_they_lead_to(desk, doors):
    here = doors[0]
    first = opened(desk.officer, address_id=here).json()["dispute"]
    second = opened(desk.officer, address_id=here, to="body:court").json()["dispute"]

    def told(client):
        whole = client.get(f"{S}/disputes/{second}").json()
        return whole["events"][0]["facts"], {one["id"] for one in whole["links"]}

    facts, links = told(desk.officer)
    assert first in facts["links"]
    assert first in links
    facts, links = told(desk.mediator)
    assert "links" not in facts
    assert links == set()
    assert "asked" not in facts
