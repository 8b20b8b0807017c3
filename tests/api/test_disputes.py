"""Disputes by the API: opened and moved once for each key, never over somebody else, seen as far as one may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Role
from gridmap.domain.loops import STANDARD
from gridmap.http.csrf import HEADER
from gridmap.services.accounts import token_hash
from gridmap.settings import Settings
from gridmap.store import accounts
from gridmap.store.engine import APP_ROLE, make_engine, make_sessions
from tests import makers
from tests.houses import copy_of
from tests.scanned import own_folder
from tests.served import NO_HASH, OWN, SECRET, Standing, make_app, signed

S = f"/api/v1/stations/{OWN}"
NEW = {"kind": "noise", "words": "夜里拖椅子，电话 13800000000", "lon": 112.905, "lat": 35.8025, "source": "call"}


@dataclass
class Desk:
    """Clients by role: two officers, the member of cell A1 and of B1, a mediator, a commander; the owner's sessions."""

    sessions: sessionmaker[Session]
    officer: TestClient
    other: TestClient
    member: TestClient
    far_member: TestClient
    mediator: TestClient
    commander: TestClient

    def open(self, **more: Any) -> dict[str, Any]:
        """Open a dispute in cell A1 as the officer and return the reply."""
        reply = self.officer.post(f"{S}/disputes", json={**NEW, **more})
        assert reply.status_code == 201, reply.text
        return dict(reply.json())

    def step(self, dispute: int, step: str, who: TestClient | None = None, headers: Any = None, **body: Any) -> Any:
        """Take a step and return the reply."""
        url = f"{S}/disputes/{dispute}/steps"
        return (who or self.officer).post(url, json={"step": step, **body}, headers=headers)

    def scalar(self, query: str, **facts: Any) -> Any:
        """Return one value, as the owner."""
        with self.sessions.begin() as session:
            return session.scalar(text(query), facts)


@pytest.fixture(scope="module")
def desk(server_url: str, filled_template: tuple[str, dict[str, Standing]]) -> Iterator[Desk]:
    """Return the service on a copy of the two stations, with people logged in."""
    for url in copy_of(server_url, filled_template[0]):
        owner, ours = make_engine(url), make_engine(url, role=APP_ROLE, statement_timeout_ms=30_000)
        sessions = make_sessions(owner)
        settings = Settings(secret=SECRET, secure_cookies=True, log_level="error", database_url=None, scan=own_folder())
        app = make_app(settings, make_sessions(ours))
        with ExitStack() as stack:
            clients = [
                _log_in(stack, app, sessions, name, role, posted)
                for name, role, posted in (
                    ("li", "officer", {"beat": "A"}), ("wang", "officer", {"beat": "B"}), ("zhao", "grid_member", {"cell": "A1"}),
                    ("qian", "grid_member", {"cell": "B1"}), ("sun", "mediator", {}), ("zhou", "commander", None),
                )
            ]  # fmt: skip
            with sessions.begin() as session:
                session.execute(text(
                    "INSERT INTO body (station, code, name_zh, name_en, trades, phone) VALUES "
                    f"('{OWN}', 'court', '法庭', 'Court', '{{law}}', '0000-1'), ('{OWN}', 'gone', '旧', 'Gone', '{{}}', NULL)"
                ))  # fmt: skip
                session.execute(text("UPDATE body SET active = false WHERE code = 'gone'"))
                session.execute(text("UPDATE incident_category SET is_dispute = true WHERE code = 'noise'"))
                session.execute(text(
                    f"INSERT INTO mediator (person_id, station, body, trades) SELECT id, '{OWN}', 'court', '{{law}}' "
                    "FROM person WHERE code = 'sun'"
                ))  # fmt: skip
            yield Desk(sessions, *clients)
        owner.dispose()
        ours.dispose()


def _log_in(
    stack: ExitStack, app: Any, sessions: sessionmaker[Session], name: str, role: str, posted: Any
) -> TestClient:
    with sessions.begin() as session:
        person = None if posted is None else makers.make_person(session, name, role, station=OWN, **posted).id
        account = accounts.add(
            session, login=name, display_name=name, role=Role(role), password_hash=NO_HASH, stations=(OWN,), person_id=person
        )  # fmt: skip
        accounts.add_log_in(session, account, token_hash(f"token of {name}"), timedelta(hours=1))
    client = TestClient(app, base_url="https://gridmap.test", follow_redirects=False)
    client.cookies.set("__Host-gridmap", signed({"token": f"token of {name}", "csrf": name}))
    client.headers[HEADER] = name
    return client


def problem(reply: Any, status: int) -> str:
    """Check that a reply is a problem and return its slug."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    return str(reply.json()["type"].removeprefix("/problems/"))


def test_a_dispute_is_opened_and_told_whole(desk):
    opened = desk.open(marks=["worse"], language="en")
    assert (opened["state"], opened["tier"], opened["version"], opened["step"]) == ("open", 1, 1, "opened")
    # Tier 1 of the standard loop is held by the member of the cell.
    assert opened["holder"] == {"kind": "person", "code": "zhao", "name_zh": None, "name_en": None}
    reply = desk.officer.get(f"{S}/disputes/{opened['dispute']}")
    whole = reply.json()
    assert reply.headers["etag"] == f'"{opened["dispute"]}.1"'
    assert (whole["kind"], whole["beat"], whole["grid_cell"], whole["source"]) == ("noise", "A", "A1", "call")
    assert (whole["language"], whole["marks"], whole["opened_by"]) == ("en", ["worse"], "li")
    assert "13800000000" not in reply.text
    assert [event["step"] for event in whole["events"]] == ["opened"]
    assert set(whole["can"]) >= {"accepted", "begun", "passed_on", "note"}
    assert whole["due_at"] == opened["due_at"]


def test_steps_follow_with_version_or_tag_and_never_over_somebody_else(desk):
    dispute = desk.open()["dispute"]
    done = desk.step(dispute, "begun", version=1)
    assert (done.status_code, done.json()["state"], done.json()["version"]) == (200, "in_hand", 2)
    assert done.headers["etag"] == f'"{dispute}.2"'
    assert problem(desk.step(dispute, "settled", note="好了", version=1), 412) == "dispute-moved"
    assert (
        problem(desk.step(dispute, "settled", note="好了", headers={"If-Match": f'"{dispute}.1"'}), 412)
        == "dispute-moved"
    )
    for foreign in ('"1.2"', "what", f'"{dispute}.1", "{dispute}.2"'):
        if foreign != f'"{dispute + 1}.2"':
            assert problem(desk.step(dispute, "note", note="x", headers={"If-Match": foreign}), 412) == "dispute-moved"
    assert problem(desk.step(dispute, "note", note="x", version=1, headers={"If-Match": f'"{dispute}.2"'}), 412)
    settled = desk.step(dispute, "settled", note="好了", headers={"If-Match": f'W/"{dispute}.2-gz"'})
    assert settled.json()["state"] == "settled"
    assert desk.step(dispute, "note", note="随时", headers={"If-Match": "*"}).json()["version"] == 4


def test_a_request_sent_twice_is_done_once_and_told_alike(desk):
    keyed = {"Idempotency-Key": "phone of li, request 1"}
    first = desk.officer.post(f"{S}/disputes", json=NEW, headers=keyed)
    dispute = first.json()["dispute"]
    desk.step(dispute, "begun")  # what happens in between changes no reply
    again = desk.officer.post(f"{S}/disputes", json=NEW, headers=keyed)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")

    stepped = {"Idempotency-Key": "phone of li, request 2"}
    one = desk.step(dispute, "passed_on", headers=stepped, to="person:wang", note="请接", version=2)
    taken = desk.step(dispute, "taken", desk.other)
    two = desk.step(dispute, "passed_on", headers=stepped, to="person:wang", note="请接", version=2)
    assert one.json()["offered"] == {"kind": "person", "code": "wang", "name_zh": None, "name_en": None}
    assert taken.json()["holder"]["code"] == "wang"
    assert one.json() == two.json()
    assert (one.headers.get("Idempotency-Replayed"), two.headers["Idempotency-Replayed"]) == (None, "true")
    assert desk.scalar("SELECT version FROM dispute WHERE id = :id", id=dispute) == 4
    assert problem(desk.step(dispute, "note", headers=stepped, note="别的"), 409) == "key-used"
    # The same words of somebody else are their own key.
    assert (
        desk.step(dispute, "note", desk.other, headers=stepped, note="别的").headers.get("Idempotency-Replayed") is None
    )


@pytest.mark.parametrize(
    ("step", "body", "status", "slug"),
    [
        ("taken", {}, 409, "dispute-step-not-possible"), ("closed", {}, 409, "dispute-step-not-possible"),
        ("lapsed", {}, 409, "dispute-step-not-possible"), ("warned", {}, 403, "dispute-step-not-yours"),
        ("passed_on", {"note": "x"}, 422, "dispute-step-needs"), ("passed_on", {"note": "x", "to": "person:nobody"}, 422, "holder-unknown"),
        ("passed_on", {"note": "x", "to": "body:gone"}, 422, "holder-unknown"), ("passed_on", {"to": "wang"}, 422, "request-not-valid"),
        ("convened", {"bodies": ["nothing"]}, 422, "holder-unknown"), ("flying", {}, 422, "request-not-valid"),
        ("opened", {}, 422, "request-not-valid"), ("note", {"note": "长" * 4001}, 422, "request-not-valid"),
        ("note", {"note": "x", "surprise": 1}, 422, "request-not-valid"), ("followed_up", {"outcome": 6}, 422, "request-not-valid"),
        ("marked", {"marks": ["bad"]}, 422, "request-not-valid"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_is_refused_by_name(desk, step, body, status, slug):
    dispute = (
        desk.scalar("SELECT max(id) FROM dispute WHERE station = :s AND state = 'open'", s=OWN)
        or desk.open()["dispute"]
    )
    before = desk.scalar("SELECT version FROM dispute WHERE id = :id", id=dispute)
    assert problem(desk.step(dispute, step, **body), status) == slug
    assert desk.scalar("SELECT version FROM dispute WHERE id = :id", id=dispute) == before


def test_a_pause_a_joint_table_marks_and_a_visit_take_what_they_need(desk):
    dispute = desk.open()["dispute"]
    desk.step(dispute, "begun")
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    assert desk.step(dispute, "paused", note="对方外出", until=until).json()["due_at"][:10] == until[:10]
    assert desk.step(dispute, "resumed").json()["state"] == "in_hand"
    assert desk.step(dispute, "convened", bodies=["court", "court"]).json()["state"] == "joint"
    assert desk.step(dispute, "marked", marks=["threats", "worse"]).json()["state"] == "joint"
    whole = desk.officer.get(f"{S}/disputes/{dispute}").json()
    assert [(one["code"], one["answer"]) for one in whole["bodies"]] == [("court", "asked")]
    assert set(whole["marks"]) == {"threats", "worse"}
    answers = f"{S}/disputes/{dispute}/answers"
    assert (
        problem(desk.officer.post(answers, json={"body": "court", "answer": "declined"}), 422) == "dispute-step-needs"
    )
    assert problem(desk.officer.post(answers, json={"body": "police", "answer": "joined"}), 422) == "holder-unknown"
    key = {"Idempotency-Key": "one answer of court"}
    first, again = (desk.officer.post(answers, json={"body": "court", "answer": "joined"}, headers=key) for _ in "12")
    assert (first.status_code, first.json(), again.headers["Idempotency-Replayed"]) == (200, again.json(), "true")
    assert desk.officer.get(f"{S}/disputes/{dispute}").json()["bodies"][0]["answer"] == "joined"
    desk.step(dispute, "settled", note="握手言和")
    assert desk.step(dispute, "followed_up", outcome=5).status_code == 200
    seen = desk.officer.get(f"{S}/disputes/{dispute}").json()
    assert seen["rating"] is None, "nobody rates their own work"


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"kind": "flying"}, "dispute-not-valid"), ({"grade": 3}, "dispute-not-valid"), ({"lon": None}, "dispute-not-valid"),
        ({"to": "person:nobody"}, "holder-unknown"), ({"matter": "war"}, "request-not-valid"), ({"source": "import"}, "request-not-valid"),
        ({"lat": 91}, "request-not-valid"), ({"language": "Chinese"}, "request-not-valid"), ({"opened_at": "2020-01-01T00:00:00Z"}, "request-not-valid"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_in_is_refused_and_nothing_is_opened(desk, body, slug):
    before = desk.scalar("SELECT count(*) FROM dispute")
    assert problem(desk.officer.post(f"{S}/disputes", json={**NEW, **body}), 422) == slug
    assert desk.scalar("SELECT count(*) FROM dispute") == before


def test_a_key_that_is_too_short_and_an_address_of_nobody_are_refused(desk):
    short = desk.officer.post(f"{S}/disputes", json=NEW, headers={"Idempotency-Key": "short"})
    assert problem(short, 422) == "request-not-valid"
    foreign = desk.scalar("SELECT min(id) FROM address WHERE station = 'S002'")
    nowhere = {**NEW, "lon": None, "lat": None, "address_id": foreign}
    assert problem(desk.officer.post(f"{S}/disputes", json=nowhere), 422) == "dispute-not-valid"


def test_everybody_sees_and_moves_what_is_theirs(desk):
    dispute = desk.open()["dispute"]
    path = f"{S}/disputes/{dispute}"
    assert [who.get(path).status_code for who in (desk.officer, desk.other, desk.member, desk.commander)] == [200] * 4
    for stranger in (desk.far_member, desk.mediator):
        assert problem(stranger.get(path), 404) == "dispute-not-found"
        assert problem(stranger.get(f"{path}/possible-steps"), 404) == "dispute-not-found"
        assert problem(desk.step(dispute, "note", stranger, note="x"), 404) == "dispute-not-found"
    assert desk.step(dispute, "passed_on", to="body:court", note="请调解").json()["offered"]["kind"] == "body"
    offered = desk.mediator.get(f"{path}/possible-steps").json()
    assert {"taken", "refused"} <= {one["step"] for one in offered["items"]}
    assert {"taken", "refused"}.isdisjoint(
        one["step"] for one in desk.member.get(f"{path}/possible-steps").json()["items"]
    )
    assert desk.mediator.get(f"{S}/disputes?due=waiting").json()["items"][0]["offered"]["code"] == "court"
    assert desk.step(dispute, "taken", desk.mediator).json()["holder"]["code"] == "sun"
    assert problem(desk.step(dispute, "settled", desk.member, note="x"), 403) == "dispute-step-not-yours"
    assert desk.step(dispute, "visited", desk.member).status_code == 200
    held = desk.mediator.get(f"{S}/disputes?holder=me").json()["items"]
    assert [one["id"] for one in held] == [dispute]
    needs = {one["step"]: one["needs"] for one in desk.mediator.get(f"{path}/possible-steps").json()["items"]}
    assert (needs["settled"], needs["paused"]) == (["note"], ["note", "until"])


def test_a_list_is_narrowed_paged_and_masked(desk):
    made = [
        desk.open(words=f"列表 13911112222 {n}", matter="hazard" if n == 2 else "dispute")["dispute"] for n in range(3)
    ]
    desk.step(made[0], "withdrawn", note="x")

    def ids(query: str) -> list[int]:
        reply = desk.officer.get(f"{S}/disputes?{query}")
        assert reply.status_code == 200, reply.text
        assert "13911112222" not in reply.text
        return [one["id"] for one in reply.json()["items"]]

    assert ids("limit=3") == made[::-1]  # every state, newest first, as it always was
    assert made[0] not in ids("state=unsettled&limit=1000")
    assert made[0] in ids("state=over&limit=1000")
    assert ids("state=withdrawn&limit=1") == [made[0]]
    assert made[2] in ids("matter=hazard")
    assert made[1] not in ids("matter=hazard")
    assert ids(f"number={desk.scalar('SELECT number FROM dispute WHERE id = :id', id=made[1])}") == [made[1]]
    assert set(ids("cell=A1&kind=noise&source=call&opened_from=2025-01-01&holder=person:zhao&due=new")) >= {
        made[1],
        made[2],
    }
    assert ids("cell=B1") == []
    at = desk.scalar("SELECT opened_at FROM dispute WHERE id = :id", id=made[1]).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert ids(f"since={at}") == [made[2], made[1]]
    assert ids(f"until={at}&limit=1") == [made[0]]
    first = desk.officer.get(f"{S}/disputes?limit=2").json()
    assert next(one["id"] for one in desk.officer.get(first["next"]).json()["items"]) == made[0]


@pytest.mark.parametrize(
    "query",
    ["state=flying", "due=never", "tier=0", "opened_from=2025-13-01", "holder=nobody", "since=2025-01-01", "limit=0", "mark=x"],
)  # fmt: skip
def test_a_list_of_what_there_is_not_is_refused(desk, query):
    assert problem(desk.officer.get(f"{S}/disputes?{query}"), 422) == "request-not-valid"


def test_the_loop_is_told_with_names_roles_and_needs(desk):
    loop = desk.mediator.get(f"{S}/loop").json()
    assert (loop["code"], [tier["number"] for tier in loop["tiers"]]) == ("standard", [1, 2, 3])
    assert loop["tiers"][0]["accept_s"] == 4 * 3600
    told = {(step["step"], move["state"]): move for step in loop["steps"] for move in step["moves"]}
    assert set(told) == set(STANDARD.moves)
    for at, move in STANDARD.moves.items():
        row = told[at]
        assert (row["after"], tuple(row["needs"]), set(row["roles"])) == (move.after, move.needs, set(move.roles))
    names = {step["step"]: (step["name_zh"], step["name_en"]) for step in loop["steps"]}
    assert all(chinese and english and chinese != step for step, (chinese, english) in names.items())
    assert {kind["code"] for kind in loop["kinds"]} >= {"neighbours", "other_dispute"}
    assert (loop["follow_ups"], loop["hand_over_s"]) == ([30, 90, 365], 86400)


def test_bodies_and_mediators_are_those_who_are_there(desk):
    bodies = desk.member.get(f"{S}/bodies").json()["items"]
    assert [one["code"] for one in bodies] == ["desk", "court"]
    assert bodies[1] == {"code": "court", "name_zh": "法庭", "name_en": "Court", "trades": ["law"], "phone": "0000-1"}
    (mediator,) = desk.officer.get(f"{S}/mediators").json()["items"]
    assert (mediator["code"], mediator["body"], mediator["trades"]) == ("sun", "court", ["law"])
    held = desk.scalar("SELECT count(*) FROM dispute d JOIN person p ON p.id = d.holder_id WHERE p.code = 'sun'")
    assert mediator["holding"] == held


def test_what_nobody_would_see_again_is_listed(desk):
    dispute = desk.open(to="person:wang")["dispute"]
    assert desk.commander.get(f"{S}/disputes/lost").json() == {"items": []}
    with desk.sessions.begin() as session:
        session.execute(text("UPDATE posting SET during = daterange('2020-01-01', '2020-02-01') WHERE beat = 'B'"))
    try:
        assert {"dispute": dispute, "why": "its holder is gone"} in desk.commander.get(f"{S}/disputes/lost").json()[
            "items"
        ]
    finally:
        with desk.sessions.begin() as session:
            session.execute(text("UPDATE posting SET during = daterange('2020-01-01', NULL) WHERE beat = 'B'"))


def test_looks_and_opening_ask_for_the_action(desk):
    assert problem(desk.member.get(f"{S}/disputes/lost"), 403) == "role-may-not"
    desk.officer.get(f"{S}/disputes")
    desk.officer.get(f"{S}/disputes/{desk.open()['dispute']}")
    things = desk.scalar("SELECT string_agg(DISTINCT split_part(thing, ' ', 1), ',') FROM audit WHERE by = 'li'")
    assert {"disputes", "dispute"} <= set(things.split(","))
