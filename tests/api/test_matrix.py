"""Who may do what: every role, every endpoint, own and foreign station."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from sqlalchemy import text

from gridmap.domain.access import PERMISSIONS, Action, Role
from gridmap.services import editions
from gridmap.store.tables import Base
from tests.api.matrix import ROWS, Row, geojson
from tests.served import FOREIGN, OWN, Standing

NOWHERE = "S999"
PREFIX = {OWN: "", FOREIGN: "F", NOWHERE: "F"}
#: What only the foreign station holds; no reply to somebody of S001 may contain it.
FOREIGN_WORDS = ("officer of S002", "Station S002", "S002派出所", "FA1", "FB2")
#: What is worked out from the rest and kept, and no news to anybody: an analysis, by the first look at it; the shapes of an
#: edition's tiles, by the service's clock once a first tile missed them (`shape_queue`), whenever that comes round.
WORKED_OUT = {"analysis", "zone_shape"}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def filled(row: Row, station: str, held: dict[str, Standing], login: str) -> tuple[str, dict[str, Any]]:
    """Return the address and the body of one call."""
    there = held.get(station, held[FOREIGN])
    facts = {
        "station": station, "plate": there.plate, "draft": there.draft, "zone": f"{PREFIX[station]}A", "login": login,
        "next": there.draft + 1,
    }  # fmt: skip
    send = dict(row.send)
    if send.get("json") == "zones":
        send["json"] = geojson(PREFIX[station])
    elif isinstance(send.get("json"), dict):
        send["json"] = {k: v.format(**facts) if isinstance(v, str) else v for k, v in send["json"].items()}
    if "data" in send:
        send["data"] = {key: value.format(**facts) for key, value in send["data"].items()}
    return (row.url or row.route).format(**facts), send


def call(client: TestClient, row: Row, station: str, held: dict[str, Standing], login: str = "victim") -> Any:
    url, send = filled(row, station, held, login)
    return client.request(row.method, url, **send)


def test_every_endpoint_has_a_row(app):
    there = {
        f"{method} {context.path}"
        for context in iter_route_contexts(app.routes)
        for method in (context.methods or set()) & METHODS
    }
    assert there == {row.name for row in ROWS}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_what_the_table_says_in_its_own_station_and_nothing_in_a_foreign_one(
    two_stations, sessions, as_role, role
):
    somebody = as_role(role)
    as_role("officer", login="victim")
    with sessions.begin() as session:  # a second draft, for the pages
        editions.open_draft(session, OWN, by="test")

    wrong: list[tuple[object, ...]] = []
    for row in ROWS:
        may = not isinstance(row.who, Action) or row.who in PERMISSIONS[role]
        if row.scoped:
            foreign, nowhere = (call(somebody, row, station, two_stations) for station in (FOREIGN, NOWHERE))
            wanted = 404 if may else 403
            if foreign.status_code != wanted:
                wrong.append((row.name, "foreign", foreign.status_code, wanted))
            if foreign.text.replace(FOREIGN, NOWHERE) != nowhere.text:
                wrong.append((row.name, "a foreign station differs from one that does not exist", foreign.text))
        reply = call(somebody, row, OWN, two_stations)
        if reply.status_code != ((row.logged_in or row.done) if may else 403):
            wrong.append((row.name, "own", reply.status_code, reply.text[:300]))
        leaked = [word for word in FOREIGN_WORDS if word in reply.text]
        if leaked:
            wrong.append((row.name, "leaks", leaked))
    assert not wrong, "\n".join(map(str, wrong))


def test_somebody_who_is_not_logged_in_gets_only_what_anybody_may(two_stations, client):
    wrong: list[tuple[object, ...]] = []
    for row in ROWS:
        for station in (OWN, FOREIGN, NOWHERE):
            client.cookies.clear()
            reply = call(client, row, station, two_stations)
            wanted = {row.done} if row.who == "anybody" else {401}
            if "data" in row.send or (row.method != "GET" and row.route == "/log-out"):
                wanted = {403, *wanted}  # a form has no token before the page that holds it was opened
            if reply.status_code not in wanted:
                wrong.append((row.name, station, reply.status_code, reply.text[:200]))
    assert not wrong, "\n".join(map(str, wrong))


def test_nobody_without_a_station_sees_one(two_stations, as_role):
    for role in Role:
        somebody = as_role(role, ())
        for row in ROWS:
            if row.scoped:
                assert call(somebody, row, OWN, two_stations).status_code in {403, 404}, (role, row.name)
        assert somebody.get("/api/v1/stations").json() == {"items": []}


def test_a_draft_does_not_exist_for_who_may_not_read_drafts(two_stations, as_role):
    draft = two_stations[OWN].draft
    for role, allowed in PERMISSIONS.items():
        somebody = as_role(role)
        wanted = 200 if Action.READ_DRAFTS in allowed else 404
        for path in ("", "/zones", "/zones/beat/A"):
            found = somebody.get(f"/api/v1/stations/{OWN}/editions/{draft}{path}")
            nothing = somebody.get(f"/api/v1/stations/{OWN}/editions/77{path}")
            assert found.status_code == wanted, (role, path)
            if wanted == 404:
                assert found.text.replace(str(draft), "77") == nothing.text.replace("editions/77", "editions/77")
        listed = [one["status"] for one in somebody.get(f"/api/v1/stations/{OWN}/editions").json()["items"]]
        assert ("draft" in listed) == (Action.READ_DRAFTS in allowed), role
        assert somebody.get(f"/maps/zones.json?station={OWN}&edition={draft}").status_code in {wanted, 404}, role


def test_telephone_numbers_reach_only_roles_that_may_read_them(two_stations, as_role):
    for role, allowed in PERMISSIONS.items():
        somebody = as_role(role)
        people = somebody.get(f"/api/v1/stations/{OWN}/people")
        points = somebody.post(f"/api/v1/stations/{OWN}/resolve", json={"points": [{"lon": 112.905, "lat": 35.805}]})
        for reply in (people, points):
            if reply.status_code == 200:
                assert ("000-1234" in reply.text) == (Action.READ_PHONES in allowed), (role, reply.text)


def test_an_admin_of_one_station_cannot_reach_an_account_of_another(two_stations, as_role):
    admin = as_role("admin")
    as_role("officer", (FOREIGN,), login="theirs")
    as_role("officer", (OWN, FOREIGN), login="shared")

    assert [one["login"] for one in admin.get("/api/v1/accounts").json()["items"]] != []
    assert "theirs" not in admin.get("/api/v1/accounts").text
    for method, end, body in (("POST", "disable", None), ("PUT", "stations", {"stations": [OWN]})):
        theirs, nobody, shared = (
            admin.request(method, f"/api/v1/accounts/{login}/{end}", json=body)
            for login in ("theirs", "nobody", "shared")
        )
        assert theirs.text.replace("theirs", "nobody") == nobody.text
        assert (theirs.status_code, shared.status_code) == (404, 403)
    for stations in ([FOREIGN], [OWN, FOREIGN], [NOWHERE]):
        new = {"login": "n1", "role": "officer", "password": "correct horse battery", "stations": stations}
        assert admin.post("/api/v1/accounts", json=new).status_code == 403


def test_get_changes_nothing_but_the_audit(two_stations, sessions, as_role):
    def state() -> dict[str, Any]:
        with sessions() as session:
            return {
                table: session.scalar(text(f"SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {table} t"))
                for table in Base.metadata.tables
                if table not in {"audit", *WORKED_OUT}
            }  # fmt: skip

    everyone = [as_role(role) for role in Role]
    before = state()
    for somebody in everyone:
        for row in ROWS:
            if row.method == "GET":
                call(somebody, row, OWN, two_stations)
    assert state() == before


@pytest.mark.parametrize("things", ["addresses", "plates", "incidents", "disputes", "people", "audit"])
def test_a_look_at_personal_data_is_on_record_without_what_was_searched(two_stations, as_role, things):
    commander, auditor = as_role("commander", login="boss"), as_role("auditor", login="watch")
    looker = auditor if things == "audit" else commander
    assert looker.get(f"/api/v1/stations/{OWN}/{things}", params={"q": "canary"}).status_code == 200

    found = auditor.get(f"/api/v1/stations/{OWN}/audit").json()["items"]
    looks = [(row["by"], row["action"], row["thing"]) for row in found]
    assert ("watch" if things == "audit" else "boss", "look", things) in looks
    assert "canary" not in str(found)
