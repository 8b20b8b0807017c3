"""Reporting and following without script: one form, one receipt, nothing lost, nothing believed, nothing told of others."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.codes import new_plate_code
from gridmap.domain.reports import KINDS, STATES, STEPS, Limits
from gridmap.http.csrf import RESIDENTS
from gridmap.http.reports import ReportDesk
from gridmap.services.reports.keys import Keys
from gridmap.services.sealing import Sealer
from gridmap.store.engine import make_engine, make_sessions
from gridmap.web.report_page import SAID
from gridmap.web.words.report import WORDS
from tests.served import SECRET
from tests.web.reporting import app, client, code_of, count, fields, jpeg, post

__all__ = ["app", "client"]


def test_the_policy_allows_the_page_s_one_style(client, held) -> None:
    import base64
    import hashlib

    reply = client.get(f"/p/{held.plate}/report")
    style = re.search(r"<style>(.*?)</style>", reply.text, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in reply.headers["content-security-policy"]


def test_pressing_twice_gives_the_same_receipt(client, held, session: Session) -> None:
    form = client.get(f"/p/{held.plate}/report").text
    first, second = (post(client, held.plate, page=form).text for _ in range(2))
    assert code_of(first) == code_of(second)
    assert "没有重复登记" in second
    assert "没有重复登记" not in first
    assert count(session) == 1


def test_with_the_database_away_everything_typed_stays_and_nothing_is_sent_twice(
    client, held, database_url: str, app: FastAPI, session: Session
) -> None:
    form = client.get(f"/p/{held.plate}/report").text
    there, app.state.report_desk.sessions = app.state.report_desk.sessions, None
    gone = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")

    class Away:  # the door is still known, as it is from a snapshot; keeping is not possible
        def begin(self) -> Any:
            return make_sessions(gone).begin()

    found = ReportDesk(there, app.state.seats, Keys(SECRET), Sealer(bytes(32))).door
    app.state.report_desk = broken = type("Desk", (ReportDesk,), {"door": lambda _, *a: found(*a)})(
        Away(), app.state.seats, Keys(SECRET), Sealer(bytes(32))
    )
    assert broken.sessions is not there
    typed = {
        "kind": "dispute",
        "words": "占道 <b>",
        "happened_at": "2025-06-01T08:30",
        "phone": "1234",
        "name": "王",
        "when": "晚上",
    }
    reply = post(client, held.plate, page=form, files={"photos": jpeg()}, **typed)
    assert reply.status_code == 503
    assert "没有送到" in reply.text
    assert "照片需要重新选择" in reply.text
    assert "0000-110" in reply.text
    for value in (
        'value="dispute" required checked',
        "占道 &lt;b&gt;</textarea>",
        'value="2025-06-01T08:30"',
        'value="1234"',
        'value="王"',
        'value="晚上"',
    ):
        assert value in reply.text
    assert fields(reply.text)["send_key"] == fields(form)["send_key"]
    broken.sessions = there
    assert post(client, held.plate, page=reply.text, **typed).status_code == 200
    assert post(client, held.plate, page=form, **typed).status_code == 200
    assert count(session) == 1
    gone.dispose()


def test_an_emergency_is_sent_to_the_telephone_first(client, held, session: Session) -> None:
    reply = post(client, held.plate, words="三楼着火了")
    assert reply.status_code == 422
    assert "请先打电话" in reply.text
    assert reply.text.index('class="alarm"') < reply.text.index("<form action")
    assert reply.text.count('href="tel:119"') == 2
    assert "三楼着火了</textarea>" in reply.text
    assert count(session) == 0
    again = post(client, held.plate, page=reply.text, words="三楼着火了", confirm="yes")
    assert again.status_code == 200
    assert "不要等这里的回复" in again.text
    assert session.scalar(text("SELECT urgent FROM report"))


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"kind": ""}, "kind"), ({"kind": "murder"}, "kind"), ({"words": " \r\n "}, "words"), ({"words": "x" * 2001}, "words"),
    ({"happened_at": "yesterday"}, "happened_at"), ({"happened_at": "2999-01-01T00:00"}, "happened_at"),
    ({"phone": "1" * 101}, "phone"), ({"name": "x" * 101}, "name"), ({"when": "x" * 101}, "when"),
)  # fmt: skip


def test_what_is_missing_is_told_beside_its_field(client, held, session: Session) -> None:
    for typed, field in WRONG:
        reply = post(client, held.plate, **typed)
        assert reply.status_code == 422
        assert f'id="bad-{field}"' in reply.text
        assert re.search(rf'aria-describedby="[^"]*bad-{field}"', reply.text)
    assert count(session) == 0


def test_a_picture_that_cannot_be_kept_is_told(client, held, session: Session) -> None:
    for files in ([("photos", ("a.gif", b"GIF89a", "image/gif"))], [("photos", jpeg())] * 4):
        reply = post(client, held.plate, files=files)
        assert (reply.status_code, 'id="bad-photos"' in reply.text) == (422, True)
    assert count(session) == 0


def test_pictures_up_to_13_megabytes_pass_and_more_do_not(client, held, session: Session) -> None:
    name, small, kind = jpeg((3000, 2000))
    large = small + bytes(11_000_000)
    assert post(client, held.plate, files=[("photos", (name, large, kind)), ("photos", jpeg())]).status_code == 200
    assert session.execute(text("SELECT number, length(jpeg) < 200000 FROM report_photo ORDER BY 1")).all() == [
        (1, True),
        (2, True),
    ]
    assert post(client, held.plate, files=[("photos", (name, large + bytes(3_000_000), kind))]).status_code == 413


def test_a_form_without_its_token_or_with_the_trap_filled_is_shown_again_with_a_good_one(
    client, held, app, session: Session
) -> None:
    keys, now = app.state.report_desk.keys, datetime.now(UTC)
    old = keys.form_token(held.plate, now - timedelta(hours=3))
    foreign = keys.form_token(new_plate_code(), now)
    for typed in ({"token": ""}, {"token": "1.x"}, {"token": old}, {"token": foreign}, {"website": "http://spam.test"}):
        reply = post(client, held.plate, **typed)
        assert reply.status_code == 422
        assert "页面打开得太久了" in reply.text
        assert "楼道堆满杂物</textarea>" in reply.text
    assert count(session) == 0
    assert post(client, held.plate, page=reply.text).status_code == 200


def test_another_site_cannot_send_in_somebody_s_name(client, held, session: Session) -> None:
    hidden = fields(client.get(f"/p/{held.plate}/report").text)
    for headers in ({"origin": "https://evil.test"}, {"sec-fetch-site": "cross-site"}):
        data = {"kind": "hazard", "words": "x", **hidden}
        assert client.post(f"/p/{held.plate}/report", data=data, headers=headers).status_code == 403
    assert count(session) == 0


OTHERS = (
    "/p/{plate}", "/p/{plate}/report/x", "/p/a/b/report", "/r", "/r/x/y", "/api/v1/session", "/plan", "/x/p/{plate}/report",
    "/p/{plate}/report/", "/p//report",
)  # fmt: skip


def test_no_other_form_passes_without_a_session_s_token(client, held) -> None:
    for path in OTHERS:
        reply = client.post(path.format(plate=held.plate), data={"kind": "hazard", "words": "x"})
        assert reply.status_code in {403, 404, 405}, path
    assert not any(RESIDENTS.fullmatch(path.format(plate=held.plate)) for path in OTHERS)
    assert client.post("/api/v1/session", data={"login": "x"}).json()["type"] == "/problems/no-csrf-token"


def test_a_flood_ends_with_the_desk_s_number_and_keeps_what_was_typed(client, held, app, session: Session) -> None:
    app.state.report_desk.limits = Limits(plate_hour=1, plate_hour_most=2)
    assert "先由人工查看" not in post(client, held.plate, words="一").text
    assert "先由人工查看" in post(client, held.plate, words="二").text
    reply = post(client, held.plate, words="三")
    assert (reply.status_code, "0000-110" in reply.text, "三</textarea>" in reply.text) == (429, True, True)
    assert count(session) == 2


def test_a_retired_plate_leads_to_its_page_and_a_replaced_one_reports_at_the_new_door(client, held, sessions) -> None:
    with sessions.begin() as owner:
        owner.execute(
            text("UPDATE plate SET status = 'retired', retired_at = now() WHERE code = :code"), {"code": held.plate}
        )
    assert client.get(f"/p/{held.plate}/report").headers["location"] == f"/p/{held.plate}"
    assert client.get(f"/p/{new_plate_code()}/report").status_code in {404, 503}


KINDS_OF_BODY = (
    "application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
)  # fmt: skip


def test_a_body_that_is_no_form_is_no_crash(client, held) -> None:
    for kind in KINDS_OF_BODY:
        for body in (b"", b"{}", b"\xff\xfe", b"--x\r\n", b"a=" + b"%" * 1_000, b"words=%ff%00%ed%a0%80"):
            reply = client.post(f"/p/{held.plate}/report", content=body, headers={"content-type": kind})
            assert reply.status_code in {400, 422}, (kind, body)


def test_every_state_step_and_kind_has_words_in_both_languages() -> None:
    for language in ("zh", "en"):
        for key in (
            *(f"report_is_{state}" for state in STATES),
            *(f"report_step_{step}" for step in STEPS if step not in {"joined", "note"}),
            *(f"report_{kind}" for kind in KINDS),
            *(f"report_queue_{queue}" for queue in ("officer", "grid", "desk")),
            *(f"report_by_{role}" for role in ("officer", "grid_member", "commander")),
        ):
            assert SAID[language][key]
    for zh, en in WORDS.values():
        assert re.search(r"[一-鿿]", zh) or zh == en
        assert not re.search(r"[一-鿿]", en)
        assert set(re.findall(r"{\w+}", zh)) == set(re.findall(r"{\w+}", en))


def test_the_pages_load_without_what_is_heavy() -> None:
    heavy = ("numpy", "pandas", "shapely", "geopandas", "geoalchemy2", "folium", "reportlab", "PIL", "cryptography")
    code = f"import sys, gridmap.web.report; print([name for name in {heavy!r} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
