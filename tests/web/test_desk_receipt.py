"""The slip with the code of a dispute: it leads whoever holds it to how their matter stands."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from gridmap.domain.access import Role
from gridmap.store.tables import Dispute
from tests import makers
from tests.disputes import add_kinds


@pytest.fixture
def dispute(sessions, held):
    """Return a dispute of S001."""
    with sessions.begin() as session:
        add_kinds(session)
        place = makers.wkb(makers.spot(0.5, 0.5))
        kept = Dispute(station="S001", number="D9", kind="neighbours", opened_at=datetime.now(UTC), geom=place)
        session.add(kept)
        session.flush()
        return kept.id


def test_the_code_on_the_slip_leads_to_the_matter_and_is_shown_once(as_role, client, dispute):
    officer = as_role(Role.OFFICER)
    slip = officer.post(f"/desk/{dispute}/receipt", data={"station": "S001"})
    assert slip.status_code == 200
    code = re.search(r'<p class="code">([0-9A-Z -]+)</p>', slip.text)[1]
    link = re.search(r"/r/([0-9A-Z]{12})</p>", slip.text)[1]
    assert re.sub("[ -]", "", code) == link
    assert re.search(r'<svg[^>]* viewBox="0 0 \d+ \d+"', slip.text), "the code takes the size of its box"
    followed = client.get(f"/r/{link}")
    assert followed.status_code == 200
    assert link not in officer.get(f"/desk/{dispute}?station=S001").text
    again = officer.post(f"/desk/{dispute}/receipt", data={"station": "S001"})
    assert again.status_code == 200
    assert client.get(f"/r/{link}").status_code == 404
