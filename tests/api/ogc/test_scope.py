"""No collection shows a row of a station outside the scope, whoever asks and however; looks are on record."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from gridmap.domain.access import Role
from gridmap.services.ogc.collections import COLLECTIONS
from gridmap.store.tables import Audit
from tests.served import FOREIGN, OWN

C = "/ogc/collections"
LAYERS = [one.name for one in COLLECTIONS]
FAR = "limit=10000&bbox=-180,-90,180,90&datetime=../.."


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("role", list(Role))
def test_a_role_sees_its_own_station_alone(as_role, role, layer):
    own, foreign, both, nobody = (as_role(role, scope) for scope in ((OWN,), (FOREIGN,), (OWN, FOREIGN), ()))
    found = {}
    for name, somebody in (("own", own), ("foreign", foreign), ("both", both), ("nobody", nobody)):
        reply = somebody.get(f"{C}/{layer}/items?{FAR}")
        if reply.status_code == 404:
            assert not any(one["id"] == layer for one in somebody.get(C).json()["collections"])
            return
        features = reply.json()["features"]
        assert reply.json()["numberMatched"] == len(features)
        found[name] = {str(one["id"]): one["properties"]["station"] for one in features}
    assert set(found["own"].values()) == {OWN}
    assert set(found["foreign"].values()) == {FOREIGN}
    assert found["both"] == found["own"] | found["foreign"]
    assert found["nobody"] == {}
    one_there = next(iter(found["foreign"]))
    assert own.get(f"{C}/{layer}/items/{one_there}").status_code == 404
    assert own.get(f"{C}/{layer}/items?station={FOREIGN}").json()["numberMatched"] == 0
    assert own.get(f"{C}/{layer}/items?{FAR}&after={one_there}").text.find(f'"{FOREIGN}"') == -1


def test_who_has_no_station_finds_empty_collections(as_role):
    somebody = as_role("commander", ())
    assert somebody.get("/ogc/api").status_code == somebody.get(C).status_code == 200


def test_drafts_are_not_served(as_role, sessions):
    planner = as_role("planner")
    assert {one["properties"]["edition"] for one in planner.get(f"{C}/cells/items?limit=1000").json()["features"]} == {
        1
    }
    with sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM edition WHERE status = 'draft'")) == 2


@pytest.mark.parametrize(("layer", "thing"), [("incidents", "incidents"), ("doors", "addresses")])
def test_a_look_at_peoples_affairs_is_one_row_a_request(as_role, sessions, layer, thing):
    officer = as_role("officer", login=f"looker-of-{layer}")
    feature = officer.get(f"{C}/{layer}/items?limit=50").json()["features"][0]["id"]
    held = officer.get(f"{C}/{layer}/items?limit=50").headers["etag"]
    officer.get(f"{C}/{layer}/items?limit=50", headers={"If-None-Match": held})
    officer.get(f"{C}/{layer}/items/{feature}")
    officer.get(f"{C}/{layer}/items?station={FOREIGN}")
    officer.get(f"{C}/beats/items")
    with sessions() as session:
        rows = session.execute(
            select(Audit.station, Audit.action, Audit.thing).where(Audit.by == f"looker-of-{layer}")
        ).all()
    assert [tuple(row) for row in rows] == [(OWN, "look", thing)] * 4
