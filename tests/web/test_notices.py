"""The page on which notices to residents are posted."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from gridmap.store.tables import Notice
from tests.web.filled import STATION

URL = f"/notices?station={STATION}"


def form(client, **fields: object) -> dict[str, object]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(URL).text).group(1)
    return {"csrf_token": token, "station": STATION, **fields}


def test_a_notice_is_posted_shown_with_who_is_told_and_ended(as_role, held, sessions):
    officer = as_role("officer")
    sent = form(officer, text_zh="<b>停水</b>", text_en="No water", kind="warning", zone="A1", since="", until="")
    assert officer.post("/notices/add", data=sent).status_code == 303
    page = officer.get(f"{URL}&lang=en").text
    assert "&lt;b&gt;停水&lt;/b&gt;" in page
    assert "No water" in page
    with sessions() as session:
        notice = session.query(Notice).one()
        assert (notice.grid_cell, notice.kind) == ("A1", "warning")
    assert officer.post("/notices/end", data=form(officer, notice=notice.id)).status_code == 303
    assert "停水" not in officer.get(URL).text
    assert "停水" in officer.get(f"{URL}&past=1").text


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(as_role, held):
    officer = as_role("officer")
    for wrong in ({"text_zh": "  "}, {"text_zh": "x", "until": "2000-01-01T00:00"}, {"text_zh": "x", "until": "soon"}):
        reply = officer.post("/notices/add?lang=en", data=form(officer, text_en="kept as typed", **wrong))
        assert reply.status_code == 422
        assert "Not posted" in reply.text
        assert "kept as typed</textarea>" in reply.text


def test_times_are_those_of_the_stations_clocks(as_role, held, sessions):
    officer = as_role("officer")
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    officer.post("/notices/add", data=form(officer, text_zh="x", until=f"{day}T08:00"))
    with sessions() as session:
        assert session.query(Notice).one().during.upper.isoformat() == f"{day}T00:00:00+00:00"


def test_the_program_posts_lists_and_ends_too(as_role, held):
    officer, member = as_role("officer"), as_role("grid_member")
    url = f"/api/v1/stations/{STATION}/notices"
    made = officer.post(url, json={"text_zh": "停水", "zone": "A"})
    assert (made.status_code, made.json()["beat"], made.json()["until"]) == (201, "A", None)
    assert member.post(url, json={"text_zh": "停水"}).status_code == 403
    assert [one["text_zh"] for one in member.get(url).json()["items"]] == ["停水"]
    assert officer.post(f"{url}/{made.json()['id']}/end").status_code == 204
    assert officer.get(url).json() == {"next": None, "items": []}
    assert officer.post(url, json={"text_zh": "停水", "zone": "Z9"}).status_code == 422
