"""`gridmap doctor`: each thing that can be wrong is named with its mend, and what is well is a line too."""

from __future__ import annotations

import os
import shutil
import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from click.testing import CliRunner, Result

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.services import doctor
from gridmap.services.disputes import mailing
from gridmap.settings import Settings
from gridmap.store import databases, migrate
from tests import makers
from tests.mailed import NO_HASH


def run(**settings: object) -> Result:
    return CliRunner().invoke(group, ["doctor"], obj=Console(Settings(**settings)))  # type: ignore[arg-type]


def line(result: Result, what: str) -> str:
    """Return the line on `what`, and the mend below it."""
    lines = result.output.splitlines()
    at = next(number for number, text in enumerate(lines) if text[6:].startswith(what + " "))
    mend = lines[at + 1].strip() if lines[at + 1].startswith(" " * 17) else ""
    return f"{lines[at]} {mend}".strip()


@pytest.fixture
def session(database_url: str) -> Iterator[psycopg.Connection]:
    with databases.connect(database_url) as opened:
        yield opened


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every disk room: how much this machine's have is no matter of these tests."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(doctor.LITTLE_ROOM * 2))


@pytest.mark.usefixtures("roomy")
def test_a_sound_database_gets_a_line_for_each_thing_and_only_its_speed_is_held_against_it(database_url, tmp_path):
    result = run(database_url=database_url, data=tmp_path)
    well = ("folder", "database", "extensions", "its clock", "tables", "index", "role", "assets", "clock")
    assert [line(result, what)[:4] for what in well] == ["ok  "] * len(well), result.output
    if "GRIDMAP_TEST_DATABASE_URL" not in os.environ:  # the tests' own server flushes nothing, and that is told
        assert line(result, "durability").startswith("FAIL  durability fsync is off: a power cut loses the data")
        assert result.exit_code == 1


def test_a_database_that_was_never_made_is_no_fault_and_is_not_made(tmp_path, monkeypatch):
    monkeypatch.delenv("GRIDMAP_DATABASE_URL", raising=False)
    result = run(data=tmp_path / "new")
    assert line(result, "database").startswith("warn  database   none was made in")
    assert not (tmp_path / "new").exists()


def test_a_server_that_does_not_answer_fails_with_the_mend(tmp_path):
    result = run(database_url="postgresql+psycopg://ada:secret-word@127.0.0.1:1/gridmap", data=tmp_path)
    assert result.exit_code == 1
    assert "FAIL  database   The database cannot be reached" in result.output
    assert "correct GRIDMAP_DATABASE_URL" in result.output
    assert "secret-word" not in result.output


def test_an_address_for_another_driver_is_rewritten_in_the_mend(tmp_path):
    result = run(database_url="postgresql://ada@127.0.0.1/gridmap", data=tmp_path)
    assert "-> write it as postgresql+psycopg://user@host/database" in line(result, "database")


@pytest.mark.parametrize(
    ("harm", "what", "grade", "mend"),
    [
        ("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF", "index", "warn", "LEAKPROOF"),
        ("DROP EXTENSION btree_gist CASCADE", "extensions", "FAIL", "run `gridmap db upgrade`"),
        ("ALTER ROLE gridmap_app BYPASSRLS", "role", "FAIL", "NOSUPERUSER NOBYPASSRLS"),
        ("UPDATE alembic_version SET version_num = '0001'", "tables", "FAIL", "run `gridmap db upgrade`"),
    ],
)
def test_each_harm_done_to_a_database_is_found(database_url, session, harm, what, grade, mend):
    before = {one.what: one.grade for one in doctor.database(database_url)}
    session.execute(harm)
    try:
        after = {one.what: one for one in doctor.database(database_url)}
    finally:
        session.execute("ALTER ROLE gridmap_app NOBYPASSRLS")  # a role is the server's, not the database's
    assert before[what] == "ok"
    assert after[what].grade == grade
    assert mend in after[what].mend


def test_a_database_without_tables_is_sent_to_upgrade(server_url):
    url = databases.create(server_url, f"bare_{os.getpid()}")
    try:
        found = {one.what: one for one in doctor.database(url)}
    finally:
        databases.drop(url)
    assert found["tables"].says == f"at revision none, needed {migrate.head()}"
    assert found["tables"].mend == "run `gridmap db upgrade`"


def test_a_misspelt_setting_is_told_with_the_one_that_was_meant():
    found = doctor.settings(["GRIDMAP_PORT", "GRIDMAP_HOST"], {"GRIDMAP_PROT": "1", "GRIDMAP_HOST": "", "HOME": "/"})
    assert (found.grade, found.mend) == ("warn", "GRIDMAP_PROT: did you mean GRIDMAP_PORT?")
    assert doctor.settings(["GRIDMAP_PORT"], {"GRIDMAP_PORT": "1"}).grade == "ok"


@pytest.mark.usefixtures("roomy")
def test_an_open_folder_and_an_open_secret_fail(tmp_path):
    (tmp_path / "secret").write_text("key")
    (tmp_path / "secret").chmod(0o644)
    tmp_path.chmod(0o777)
    found = doctor.folder(tmp_path, ["secret"])
    assert {(one.grade, one.mend) for one in found} >= {
        ("FAIL", f"chmod go-w {tmp_path}"),
        ("FAIL", f"chmod 600 {tmp_path / 'secret'}"),
    }
    tmp_path.chmod(0o700)
    (tmp_path / "secret").chmod(0o600)
    assert [one.grade for one in doctor.folder(tmp_path, ["secret"])] == ["ok"]


def test_little_room_warns_and_none_fails(tmp_path, monkeypatch):
    for room, grade in ((doctor.LITTLE_ROOM * 2, "ok"), (doctor.LITTLE_ROOM - 1, "warn"), (doctor.NO_ROOM - 1, "FAIL")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, room=room: _Usage(room))
        assert doctor.folder(tmp_path, [])[-1].grade == grade


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def test_a_clock_before_gridmap_was_written_fails():
    assert doctor.clock(datetime.now(UTC) - timedelta(days=1)).grade == "ok"
    assert doctor.clock(datetime.now(UTC) + timedelta(days=1)).grade == "FAIL"


def test_a_chinese_font_unpacked_into_our_own_folder_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    own = tmp_path / "browser/usr/share/fonts/wqy"
    own.mkdir(parents=True)
    (own / "wqy-microhei.ttc").touch()
    assert doctor.fonts(tmp_path).says == "Chinese in wqy-microhei"


def test_an_error_in_one_check_is_a_line_and_the_others_still_run():
    def broken() -> doctor.Finding:
        raise ZeroDivisionError("never expected\nsecond line")

    assert doctor.examine("it", broken) == [
        doctor.Finding("it", "FAIL", "ZeroDivisionError: never expected", "report this")
    ]


WRITTEN = """INSERT INTO mail (station, account_id, event, body, at, due_at, tries, problem)
             SELECT 'S001', id, 'given', '{}', now() - CAST(%s AS interval), CASE WHEN %s THEN now() END, 3, %s FROM account"""


@pytest.mark.parametrize(
    ("ago", "due", "problem", "says", "mend"),
    [
        ("16 minutes", True, "", "1 mails waiting for 15 minutes or more, 0 given up", "see that `gridmap serve` runs"),
        (
            "2 days",
            False,
            mailing.NO_SERVER,
            "0 mails waiting for 15 minutes or more, 1 given up",
            "set GRIDMAP_SMTP_HOST",
        ),
        ("2 days", False, mailing.NO_ADDRESS, f"mostly: {mailing.NO_ADDRESS}", "gridmap account email"),
        (
            "1 hour",
            True,
            "the mail server answered 451",
            "mostly: the mail server answered 451",
            "look at the mail server",
        ),
        ("5 minutes", True, "", None, ""),
        ("8 days", False, mailing.NO_SERVER, None, ""),
    ],
)
def test_mails_that_wait_for_long_or_were_given_up_lately_are_told_with_what_to_do(
    database_url, sessions, session, ago, due, problem, says, mend
):
    with sessions.begin() as owner:
        makers.make_station(owner)
    session.execute(
        "INSERT INTO account (login, display_name, role, password_hash, email) VALUES ('wang', '王', 'officer', %s, 'w@s.lan')",
        (NO_HASH,),
    )
    assert [one for one in doctor.database(database_url) if one.what == "mails"] == [], "none was ever written"
    session.execute(WRITTEN, (ago, due, problem))
    (found,) = (one for one in doctor.database(database_url) if one.what == "mails")
    if says is None:
        assert (found.grade, found.mend) == ("ok", "")
    else:
        assert found.grade == "warn"
        assert says in found.says
        assert mend in found.mend


def test_every_mend_of_a_mail_is_of_a_problem_there_is():
    assert {mailing.NO_SERVER, mailing.NO_ADDRESS} <= set(doctor.MAIL_MENDS)
    assert all(mailing._why(error) in doctor.MAIL_MENDS for error in (
        smtplib.SMTPAuthenticationError(535, b"no"), ssl.SSLCertVerificationError("no"),
    ))  # fmt: skip
