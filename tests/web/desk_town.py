"""The town on whose desk the tests of the desk's pages work: its fixtures, and what they read from a page."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from gridmap.services.disputes import opening
from gridmap.services.disputes.opening import Intake
from gridmap.services.sealing import Sealer
from gridmap.store.tables import Body, Dispute, DisputeEvent
from tests.disputes import add_kinds
from tests.web.filled import STATION


@pytest.fixture
def app(app):
    app.state.sealer = Sealer(bytes(range(32)))
    return app


@pytest.fixture
def town(held, sessions):
    """Give the station the kinds of disputes, and a body to hand them to."""
    with sessions.begin() as session:
        add_kinds(session)
        session.add(Body(station=STATION, code="court", name_zh="小法庭", name_en="Small court"))
    return held


@pytest.fixture
def dispute(town, sessions):
    """Open a dispute at the door of the plate, held by who holds the tier there."""

    def make(**facts) -> int:
        with sessions.begin() as session:
            door = session.scalar(text("SELECT address_id FROM plate WHERE code = :code"), {"code": town.plate})
            intake = Intake(**{"kind": "neighbours", "words": "楼上漏水", "address_id": door, **facts})
            return opening.take_in(session, STATION, intake, by="demo", role="officer").dispute

    return make


@pytest.fixture
def known(as_role, town, sessions):
    """Log somebody in who is one of the station's people."""

    def log_in(role: str, login: str, name: str):
        client = as_role(role, login=login)
        with sessions.begin() as session:
            session.execute(
                text("UPDATE account SET person_id = (SELECT id FROM person WHERE name = :name) WHERE login = :login"),
                {"name": name, "login": login},
            )
        return client

    return log_in


@pytest.fixture
def officer(known):
    return known("officer", "li", "王警官")


def listed(reply) -> list[int]:
    assert reply.status_code == 200, reply.text[:400]
    return [int(number) for number in re.findall(r'<li data-id="(\d+)"', reply.text)]


def forms(client, number: int) -> dict[str, dict[str, str]]:
    """Return the hidden fields of each step's form on a dispute's page."""
    page = client.get(f"/desk/{number}?station={STATION}").text
    found = {}
    for form in re.findall(r'<form method="post" action="/desk/\d+/step".*?</form>', page, re.DOTALL):
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        found[fields["step"]] = fields
    return found


def post(client, number: int, step: str, sent: dict[str, str] | None = None, **typed: object):
    return client.post(f"/desk/{number}/step", data={**(sent or forms(client, number)[step]), **typed})


def state(sessions, number: int) -> tuple[str, int]:
    with sessions() as session:
        found = session.get_one(Dispute, number)
        return found.state, found.version


def steps(sessions, number: int) -> list[str]:
    with sessions() as session:
        rows = session.query(DisputeEvent).filter_by(dispute_id=number).order_by(DisputeEvent.id)
        return [row.what for row in rows]
