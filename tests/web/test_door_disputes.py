"""A door's disputes on its page: each role sees those of its list and no other, however it asks."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.domain.dispute_words import Holder
from gridmap.services.disputes import opening
from gridmap.services.disputes.opening import Intake
from gridmap.store.tables import Audit, Body, Dispute, Mediator, Person
from tests import makers
from tests.disputes import add_kinds
from tests.web.filled import NOW, STATION


@dataclass(frozen=True)
class At:
    """Disputes by what they are: four at the door of the plate, one at another door."""

    plate: str
    other_plate: str
    theirs: int
    given: int
    asked: int
    long_ago: int
    elsewhere: int

    @property
    def here(self) -> set[int]:
        return {self.theirs, self.given, self.asked, self.long_ago}


@pytest.fixture
def at(held, sessions) -> At:
    """Open disputes at a door in cell A1: an officer's, a mediator's, a body's, and one of a time when it lay in B1."""
    with sessions.begin() as session:
        add_kinds(session)
        session.add(Body(station=STATION, code="court", name_zh="小法庭", name_en="Small court"))
        officer = session.query(Person).filter_by(name="王警官").one().id
        mediator = makers.make_person(session, "周调解", "mediator").id
        session.flush()
        session.add(
            Mediator(person_id=mediator, station=STATION, type="people", body="court", trades=[], languages=["zh"])
        )
        door, other = (
            session.scalar(text("SELECT address_id FROM plate WHERE code = :code"), {"code": code})
            for code in (held.plate, held.outside)
        )

        def take(holder: Holder, where: int = door) -> int:
            intake = Intake("neighbours", "楼上漏水", address_id=where, to=holder)
            return opening.take_in(session, STATION, intake, by="demo", role="officer").dispute

        past = Dispute(
            station=STATION, number="past", kind="neighbours", opened_at=NOW, address_id=door, beat="B", grid_cell="B1"
        )
        session.add(past)
        session.flush()
        return At(
            held.plate, held.outside, take(Holder(person=officer)), take(Holder(person=mediator)), take(Holder(body="court")),
            past.id, take(Holder(person=mediator), other),
        )  # fmt: skip


@pytest.fixture
def mediator(as_role, sessions, at):
    """Log the mediator of the court in."""
    client = as_role(Role.MEDIATOR, login="zhou")
    with sessions.begin() as session:
        session.execute(
            text("UPDATE account SET person_id = (SELECT id FROM person WHERE name = '周调解') WHERE login = 'zhou'")
        )
    return client


def see(client, plate: str) -> str:
    reply = client.get(f"/p/{plate}", headers={"accept": "text/html", "accept-language": "en"})
    assert reply.status_code in {200, 503}, reply.text[:2000]
    return reply.text


def shown(page: str) -> set[int]:
    """Return the disputes a door page leads to."""
    return {int(n) for n in re.findall(r'href="/desk/(\d+)\?station=', page)}


def of_list(client, most: set[int]) -> set[int]:
    """Return which of `most` the list of disputes shows to the same person."""
    page = client.get(f"/desk/list?station={STATION}&state=any").text
    return {int(n) for n in re.findall(r'<li data-id="(\d+)"', page)} & most


def may_open(client, most: set[int]) -> set[int]:
    """Return which of `most` open when their address is typed."""
    return {n for n in most if client.get(f"/desk/{n}?station={STATION}").status_code == 200}


@pytest.mark.parametrize("role", [Role.OFFICER, Role.COMMANDER])
def test_an_officer_and_a_commander_see_all_of_a_door_and_none_of_another_station_s(as_role, at, role):
    here = as_role(role)
    assert shown(see(here, at.plate)) == at.here == of_list(here, at.here)
    assert shown(see(here, at.other_plate)) == {at.elsewhere}
    stranger = as_role(role, stations=("S002",), login="stranger")
    assert shown(see(stranger, at.plate)) == may_open(stranger, at.here) == set()


def test_a_grid_member_sees_what_lay_in_their_cell_and_not_what_lay_in_another_then(as_role, at):
    member = as_role(Role.GRID_MEMBER)  # of A1
    told = {at.theirs, at.given, at.asked}
    assert shown(see(member, at.plate)) == told == of_list(member, at.here) == may_open(member, at.here)
    assert "路2.5号" not in see(member, at.other_plate), "the door is in nobody's cell"


def test_a_mediator_sees_what_was_given_to_them_and_of_the_door_nothing_else(mediator, as_role, at, sessions):
    with sessions.begin() as session:
        session.execute(
            text("""INSERT INTO door_note (address_id, station, at, by, note)
                    SELECT address_id, station, now(), 'demo', 'a note of others' FROM plate WHERE code = :code"""),
            {"code": at.plate},
        )
    page = see(mediator, at.plate)
    told = {at.given, at.asked}
    assert shown(page) == told == of_list(mediator, at.here) == may_open(mediator, at.here)
    assert "路0.3号" in page
    for others in ("a note of others", "households", 'aria-label="Notes"', 'aria-label="Visits"', 'aria-label="Incidents"',
                   'aria-label="Residents', 'action="/door/', "#history"):  # fmt: skip
        assert others not in page, others
    assert shown(see(mediator, at.other_plate)) == {at.elsewhere}
    with sessions() as session:
        looks = session.query(Audit).filter_by(by="zhou", action="look", thing=f"door {at.plate}").count()
    assert looks == 1
    # What the role does not include stays closed, whatever the page shows.
    form = {"csrf_token": mediator.headers["x-csrf-token"], "note": "x", "purpose": "other", "step": "lost"}
    for what in ("visit", "note", "step"):
        assert mediator.post(f"/door/{at.plate}/{what}", data=form).status_code == 403
    assert mediator.get(f"/api/v1/stations/{STATION}/plates/{at.plate}").status_code == 403
    # A mediator nothing was given to gets the resident's page.
    assert "路0.3号" not in see(as_role(Role.MEDIATOR), at.plate)


@pytest.mark.parametrize("role", [Role.PLANNER, Role.AUDITOR, Role.ADMIN])
def test_who_uses_no_desk_sees_no_dispute_at_a_door(as_role, at, role):
    somebody = as_role(role)
    assert shown(see(somebody, at.plate)) == may_open(somebody, at.here) == set()
