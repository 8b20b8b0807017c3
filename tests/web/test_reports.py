"""The pages on which staff see and work on residents' reports."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from gridmap.services.reports.sending import Contact, put_away
from gridmap.services.sealing import Sealer
from gridmap.store.tables import Audit, Incident, Report, ReportEvent
from tests import makers
from tests.reported import WORDS, make_report, make_step
from tests.web.filled import NOW, STATION

SEALER = Sealer(bytes(range(32)))


@pytest.fixture
def app(app):
    app.state.sealer = SEALER
    return app


@pytest.fixture
def report(held, sessions):
    def make(**facts):
        with sessions.begin() as session:
            return make_report(session, held.plate, **facts).id

    return make


@pytest.fixture
def officer(as_role, held):
    return as_role("officer", login="li")


def listed(reply) -> list[int]:
    assert reply.status_code == 200, reply.text[:400]
    return [int(number) for number in re.findall(r'data-id="(\d+)"', reply.text)]


def form(client, report: int, **fields: object) -> dict[str, object]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(f"/reports/{report}?station={STATION}").text)
    return {"csrf_token": token.group(1), "station": STATION, "report": report, **fields}


def test_the_list_shows_what_is_open_newest_first_and_filters_by_the_address(officer, report, sessions):
    first, second, third = report(), report(kind="dispute"), report(held=True)
    with sessions.begin() as session:
        gone = make_report(session, session.get_one(Report, first).plate)
        make_step(session, gone, "withdrawn")
        gone_id = gone.id
    url = f"/reports?station={STATION}"
    assert listed(officer.get(url)) == [second, first]
    assert listed(officer.get(f"{url}&kind=dispute")) == [second]
    assert listed(officer.get(f"{url}&held=1")) == [third]
    assert listed(officer.get(f"{url}&state=withdrawn")) == [gone_id]
    assert listed(officer.get(f"{url}&state=any")) == [gone_id, second, first]
    assert listed(officer.get(f"{url}&zone=A1")) == listed(officer.get(f"{url}&zone=A")) == [second, first]
    assert listed(officer.get(f"{url}&zone=B")) == []
    assert listed(officer.get(f"{url}&before={second}")) == [first]


def test_a_long_list_has_pages(officer, held, sessions):
    with sessions.begin() as session:
        numbers = [make_report(session, held.plate).id for _ in range(35)]
    reply = officer.get(f"/reports?station={STATION}")
    assert listed(reply) == numbers[:4:-1]
    older = re.search(r'href="([^"]+)" rel="next"', reply.text).group(1).replace("&amp;", "&")
    assert listed(officer.get(older)) == numbers[4::-1]


def test_what_a_resident_wrote_is_text(officer, report):
    number = report(words="<img src=x onerror=alert(1)>")
    for url in ("/reports", f"/reports/{number}"):
        reply = officer.get(f"{url}?station={STATION}")
        assert "&lt;img src=x" in reply.text
        assert "<img src=x" not in reply.text


def test_a_report_is_worked_on_step_by_step(officer, report, sessions):
    number = report()
    page = officer.get(f"/reports/{number}?station={STATION}")
    assert WORDS in page.text
    assert "A1" in page.text
    reply = officer.post("/reports/step", data=form(officer, number, step="accepted", state="received"))
    assert (reply.status_code, reply.headers["location"]) == (303, f"/reports/{number}?station={STATION}&done=1")
    officer.post("/reports/step", data=form(officer, number, step="settled", state="accepted", note="已清理"))
    with sessions() as session:
        assert session.get_one(Report, number).state == "settled"
        steps = session.query(ReportEvent).filter_by(report_id=number).order_by(ReportEvent.id).all()
        assert [(one.what, one.by, one.note) for one in steps[1:]] == [
            ("accepted", "officer/li", ""),
            ("settled", "officer/li", "已清理"),
        ]
        looks = session.query(Audit).filter_by(thing=f"report {number}", by="li").all()
        assert {"look at report", "report accepted", "report settled"} <= {one.action for one in looks}


def test_a_stale_step_says_so_keeps_the_note_and_changes_nothing(officer, as_role, report, sessions):
    number = report()
    sent = form(officer, number, step="not_ours", state="received", note="请找居委会")
    other = as_role("officer", login="wang")
    assert other.post("/reports/step", data=form(other, number, step="in_hand", state="received")).status_code == 303
    reply = officer.post("/reports/step?lang=en", data=sent)
    assert reply.status_code == 412
    assert "Somebody else was first" in reply.text
    assert "请找居委会</textarea>" in reply.text
    assert 'name="state" value="in_hand"' in reply.text
    with sessions() as session:
        assert session.get_one(Report, number).state == "in_hand"
        assert session.scalar(text("SELECT count(*) FROM report_event")) == 2


def test_a_step_that_needs_a_sentence_asks_for_it(officer, report):
    number = report()
    reply = officer.post("/reports/step", data=form(officer, number, step="settled", state="received"))
    assert reply.status_code == 422
    assert 'role="alert"' in reply.text
    reply = officer.post("/reports/step", data=form(officer, number, step="reopened", state="received"))
    assert reply.status_code == 409


def test_a_held_report_is_released_once(officer, report, sessions):
    number = report(held=True)
    with sessions.begin() as session:
        makers.make_incident(session, 0.5, 0.5, NOW, category="hazard")
    sent = form(officer, number)
    assert officer.post("/reports/release", data=sent).status_code == 303
    with sessions() as session:
        assert not session.get_one(Report, number).held
        assert session.get_one(Report, number).incident_id is not None
        assert session.query(Incident).filter_by(number=f"R-{number}").count() == 1
    assert officer.post("/reports/release", data=sent).status_code == 412


def test_how_to_reach_the_reporter_is_opened_with_a_reason_and_goes_on_record(officer, report, sessions):
    number = report()
    with sessions.begin() as session:
        put_away(session, SEALER, STATION, number, Contact("赵六", "0000-7777", "晚上"), [])
    assert "0000-7777" not in officer.get(f"/reports/{number}?station={STATION}").text
    short = officer.post("/reports/contact", data=form(officer, number, reason="x"))
    assert (short.status_code, "0000-7777" in short.text) == (422, False)
    reply = officer.post("/reports/contact", data=form(officer, number, reason="回电核实情况"))
    assert reply.status_code == 200
    assert "0000-7777" in reply.text
    assert "赵六" in reply.text
    assert reply.headers["cache-control"] == "no-store"
    with sessions() as session:
        (kept,) = session.query(Audit).filter_by(action="open contact").all()
        assert (kept.by, kept.thing, kept.after) == ("li", f"report {number}", {"reason": "回电核实情况"})


def test_a_photo_is_shown_to_whoever_may_see_the_report(officer, as_role, report, sessions):
    number = report()
    with sessions.begin() as session:
        session.execute(
            text("INSERT INTO report_photo (report_id, number, station, jpeg) VALUES (:id, 1, 'S001', :jpeg)"),
            {"id": number, "jpeg": b"\xff\xd8 a picture"},
        )
    url = f"/reports/{number}/photo/1.jpg?station={STATION}"
    reply = officer.get(url)
    assert (reply.headers["content-type"], reply.content) == ("image/jpeg", b"\xff\xd8 a picture")
    assert reply.headers["cache-control"] == "private, no-store"
    assert officer.get(url.replace("/1.jpg", "/2.jpg")).status_code == 404
    assert as_role("auditor").get(url).status_code == 403


def test_a_grid_member_sees_their_own_cells_alone(as_role, held, report, sessions):
    member = as_role("grid_member")  # posted to A1
    with sessions() as session:
        cell = session.scalar(text("SELECT grid_cell FROM assignment WHERE plate = :plate"), {"plate": held.plate})
    number = report()
    shown = cell == "A1"
    assert listed(member.get(f"/reports?station={STATION}")) == ([number] if shown else [])
    assert member.get(f"/reports/{number}?station={STATION}").status_code == (200 if shown else 404)
    with sessions.begin() as session:
        far = makers.make_plate(session, "0123456789AB", makers.make_door(session, 1.5, 0.75))
        other = make_report(session, far.code).id
    assert other not in listed(member.get(f"/reports?station={STATION}"))
    assert member.get(f"/reports/{other}?station={STATION}").status_code == 404


def test_a_commander_looks_and_takes_no_step(as_role, held, report):
    commander, number = as_role("commander"), report()
    page = commander.get(f"/reports/{number}?station={STATION}").text
    assert 'name="step"' not in page
    assert "/reports/contact" not in page
    sent = form(commander, number, step="accepted", state="received")
    assert commander.post("/reports/step", data=sent).status_code == 403


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_languages_name_everything(officer, report, language):
    number = report(urgent=True)
    for url in (f"/reports?station={STATION}", f"/reports/{number}?station={STATION}"):
        reply = officer.get(f"{url}&lang={language}")
        assert reply.status_code == 200
        assert not re.search(r">\s*reports?_[a-z_]+\s*<", reply.text)
