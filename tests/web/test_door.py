"""The door page without a browser: who gets it, what it says, what its forms do."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from tests import makers
from tests.scanned import wait_for
from tests.web.filled import fill

HEADERS = {"accept": "text/html", "accept-language": "en"}
MARK = "<b>&\"'"  # in every text of the station: it must reach the page as text


@pytest.fixture
def far():
    """Return the form of a plate installed 650 m north of its door."""
    place = makers.spot(0.3, 0.3)
    return {"step": "installed", "lon": place.x, "lat": place.y + 650 / 110_950, "accuracy": 4}


def see(client, code, **query):
    return client.get(f"/p/{code}", params=query, headers=HEADERS)


def send(client, code, what, **fields):
    fields["csrf_token"] = client.headers["x-csrf-token"]
    return client.post(f"/door/{code}/{what}", data=fields, headers=HEADERS)


def test_an_officer_gets_the_door_and_everybody_else_the_resident_s_page(held, as_role, client):
    wait_for(client.app, held.plate)  # until then everybody is asked to come again
    officer = see(as_role(Role.OFFICER), held.plate)
    assert officer.status_code == 200, officer.text[:3000]
    assert "路0.3号" in officer.text
    assert "geolocation=(self)" in officer.headers["permissions-policy"]
    assert officer.headers["cache-control"] == "no-store"
    for page in (see(as_role(Role.OFFICER), held.plate, **{"as": "resident"}), see(as_role(Role.MEDIATOR), held.plate)):
        assert "路0.3号" not in page.text
        assert "geolocation=()" in page.headers["permissions-policy"]
    assert "路0.3号" not in client.get(f"/p/{held.plate}", headers=HEADERS).text


def test_a_door_of_nobody_s_own_is_shown_as_to_anybody(held, as_role):
    member = as_role(Role.GRID_MEMBER)  # of A1
    assert "路0.3号" in see(member, held.plate).text
    assert "路2.5号" not in see(member, held.outside).text
    assert "路2.5号" in see(as_role(Role.OFFICER), held.outside).text


def test_what_is_not_the_role_s_is_not_on_the_page(held, as_role):
    officer, member = (see(as_role(role), held.plate).text for role in (Role.OFFICER, Role.GRID_MEMBER))
    assert 'aria-label="Disputes and other matters"' in member  # which of them: test_door_disputes.py
    assert 'aria-label="Incidents"' in officer
    assert 'aria-label="Incidents"' not in member
    commander = see(as_role(Role.COMMANDER), held.plate).text
    assert "<form" not in commander.split("<main")[1]  # may look, records nothing


def test_a_visit_and_a_note_are_recorded_and_said_once(held, as_role, session):
    officer = as_role(Role.OFFICER)
    done = send(officer, held.plate, "visit", purpose="dispute")
    assert (done.status_code, done.headers["location"]) == (303, f"/p/{held.plate}?done=visit")
    send(officer, held.plate, "visit", purpose="dispute")
    assert session.scalar(text("SELECT count(*) FROM visit")) == 1
    assert "Visit recorded: Dispute" in officer.get(done.headers["location"], headers=HEADERS).text
    assert "Note saved" not in see(officer, held.plate, done="note").text  # an address alone claims nothing
    send(officer, held.plate, "note", note="a dog\n<script>alert(1)</script>")
    page = see(officer, held.plate, done="note").text
    assert "Note saved" in page
    assert "&lt;script&gt;alert(1)" in page


def test_without_a_token_nothing_is_recorded(held, as_role, session):
    officer = as_role(Role.OFFICER)
    del officer.headers["x-csrf-token"]
    for what, fields in (("visit", {"purpose": "other"}), ("note", {"note": "x"}), ("step", {"step": "lost"})):
        reply = officer.post(f"/door/{held.plate}/{what}", data=fields, headers=HEADERS)
        assert reply.status_code == 403
    assert session.scalar(text("SELECT count(*) FROM visit")) == 0
    assert session.scalar(text("SELECT count(*) FROM plate_step WHERE plate = :p"), {"p": held.plate}) == 0


def test_far_away_the_page_asks_and_records_what_it_is_told(held, as_role, session, far):
    officer = as_role(Role.OFFICER)
    asked = send(officer, held.plate, "step", **far, note="by the gate")
    assert asked.status_code == 409
    assert "Does this plate hang at another door?" in asked.text
    assert 'value="by the gate"' in asked.text
    assert session.scalar(text("SELECT count(*) FROM plate_step WHERE plate = :p"), {"p": held.plate}) == 0
    told = send(officer, held.plate, "step", **far, elsewhere="true")
    page = officer.get(told.headers["location"], headers=HEADERS).text
    assert "Recorded: hangs elsewhere. 650 m from the door" in page
    assert "hangs elsewhere</span>" in page


def test_without_a_position_it_says_so(held, as_role):
    officer = as_role(Role.OFFICER)
    page = officer.get(send(officer, held.plate, "step", step="installed").headers["location"], headers=HEADERS).text
    assert "Recorded: installed. Without a usable position" in page
    refused = send(officer, held.replaced, "step", step="installed")
    assert refused.status_code == 409


@pytest.mark.parametrize(
    ("what", "fields"),
    [("visit", {"purpose": "tea"}), ("visit", {}), ("note", {"note": " "}), ("step", {"step": "retired"}),
     ("step", {"step": "installed", "lon": "200", "lat": "0"}), ("step", {"step": "installed", "lon": "nan", "lat": "0"})],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(held, as_role, what, fields):
    assert send(as_role(Role.OFFICER), held.plate, what, **fields).status_code == 422


def test_an_old_plate_leads_to_the_new_one(held, as_role):
    page = see(as_role(Role.OFFICER), held.replaced).text
    assert "This plate was replaced by" in page
    assert f'href="/p/{held.plate}"' in page


def test_hostile_words_stay_words(sessions, as_role):
    with sessions.begin() as session:
        held = fill(session, MARK)
    page = see(as_role(Role.OFFICER), held.plate).text
    assert MARK not in page
    assert "&lt;b&gt;&amp;" in page


def test_plates_to_look_at_are_listed_with_a_way_to_their_doors(held, as_role, far, session):
    officer = as_role(Role.OFFICER)
    where = "/gaps/plates?station=S001"
    assert "No plate needs a look." in officer.get(where, headers=HEADERS).text
    send(officer, held.plate, "step", **far, elsewhere="false")
    send(officer, held.outside, "step", step="lost")
    page = officer.get(where, headers=HEADERS).text
    for told in (f'href="/p/{held.plate}"', f'href="/p/{held.outside}"', "650 m from the door", "lost</span>"):
        assert told in page
    assert "/gaps/plates?station=S001" in officer.get("/gaps?station=S001", headers=HEADERS).text
    items = officer.get("/api/v1/stations/S001/flagged-plates").json()["items"]
    assert {row["code"]: row["status"] for row in items} == {held.plate: "installed", held.outside: "lost"}
    assert session.scalar(text("SELECT count(*) FROM audit WHERE thing = 'flagged plates'")) == 3


def test_a_report_is_named_and_leads_to_its_own_page(held, as_role, session):
    session.execute(
        text("""INSERT INTO report (station, plate, address_id, tracking, send_key, kind, words, urgent)
                SELECT station, code, address_id, decode(repeat('00', 32), 'hex'), 'k', 'hazard', 'a secret', true
                FROM plate WHERE code = :code"""),
        {"code": held.plate},
    )
    session.commit()
    number = session.scalar(text("SELECT id FROM report"))
    officer = as_role(Role.OFFICER)
    page = see(officer, held.plate).text
    assert f'href="/reports/{number}?station=S001">Hazard</a>' in page
    assert "urgent" in page
    assert "a secret" not in page
    assert officer.get(f"/reports/{number}?station=S001", headers=HEADERS).status_code == 200
