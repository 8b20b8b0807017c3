"""`gridmap hooks` and `gridmap notices`: from the shell to the rows and back."""

from __future__ import annotations

import base64
import re

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.domain.hooks import HookNotValid
from gridmap.services import doctor, editions
from gridmap.services.notices import NoticeNotValid
from gridmap.services.sealing import Sealer
from gridmap.settings import Settings
from gridmap.store.tables import Notice, WebHook
from tests import makers

KEY = bytes(range(32))


@pytest.fixture
def gridmap(database_url, sessions):
    with sessions.begin() as session:
        makers.make_station(session)
        editions.publish(session, "S001", makers.make_draft(session).number, by="test")
    console = Console(Settings(database_url=database_url, seal_key=base64.b64encode(KEY).decode()))

    def run(*words):
        return CliRunner().invoke(group, [str(word) for word in words], obj=console)

    yield run
    console.forget_database()


def test_a_hook_is_added_listed_tried_and_removed(gridmap, sessions):
    made = gridmap("hooks", "add", "S001", "http://127.0.0.1:9/in", "--event", "received", "--event", "settled")
    assert made.exit_code == 0, made.output
    key = re.search(r"shown this once: (\S+)", made.output).group(1)
    with sessions() as session:
        hook = session.query(WebHook).one()
        assert Sealer(KEY).open(hook.sealed_secret, f"hook {hook.id}") == key
    listed = gridmap("hooks", "list").output
    assert "http://127.0.0.1:9/in  [received, settled]" in listed
    assert key not in listed
    assert "last arrived never; 0 waiting, 0 given up" in listed
    tried = gridmap("hooks", "test", hook.id)
    assert (tried.exit_code, tried.exception.slug) == (1, "hook-did-not-answer")
    assert "Connection refused" in tried.exception.detail
    assert "0 messages waited" in gridmap("hooks", "remove", hook.id).output
    assert gridmap("hooks", "list").output == "0 hooks\n"


def test_a_wrong_address_is_refused(gridmap):
    assert isinstance(gridmap("hooks", "add", "S001", "ftp://x").exception, HookNotValid)


def test_a_hook_of_a_group_is_added_for_groups_the_loop_names(gridmap, sessions):
    refused = gridmap("hooks", "add", "S001", "http://127.0.0.1:9/in", "--group", "couriers")
    assert "there are: none" in refused.exception.detail
    with sessions.begin() as session:
        session.execute(
            text("""UPDATE loop SET loaded_at = clock_timestamp(),
                    rules = '{"groups": [{"code": "couriers", "name_zh": "快递", "name_en": "Couriers"}]}'""")
        )
    made = gridmap("hooks", "add", "S001", "http://127.0.0.1:9/in", "--group", "couriers")
    assert "group_message for couriers -> http" in made.output
    assert "[group_message]  for couriers\n" in gridmap("hooks", "list").output


def test_the_doctor_tells_of_messages_that_were_given_up(gridmap, sessions, database_url):
    def finding():
        return [one for one in doctor.database(database_url) if one.what == "hooks"]

    assert finding() == []
    gridmap("hooks", "add", "S001", "http://127.0.0.1:9/in")
    assert [one.grade for one in finding()] == ["ok"]
    with sessions.begin() as session:
        session.execute(
            text("""INSERT INTO web_hook_delivery (station, hook_id, event, body, due_at, problem)
                    SELECT station, id, 'received', '{}', NULL, 'answered 500' FROM web_hook""")
        )
    (found,) = finding()
    assert (found.grade, found.says[:36]) == ("warn", "1 messages of web hooks given up, 0 ")
    assert "problem: answered 500" in gridmap("hooks", "list").output


def test_a_notice_is_posted_listed_and_ended(gridmap, sessions):
    made = gridmap(
        "notices", "add", "S001", "今晚停水", "--english", "No water tonight", "--zone", "A1", "--until", "2099-01-01"
    )
    assert isinstance(made.exception, NoticeNotValid), "longer than a year"
    made = gridmap(
        "notices", "add", "S001", "今晚停水", "--english", "No water tonight", "--zone", "A1", "--kind", "warning"
    )
    assert made.output == "notice 1 for A1\n" or re.fullmatch(r"notice \d+ for A1\n", made.output)
    with sessions() as session:
        number = session.query(Notice).one().id
    listed = gridmap("notices", "list", "S001").output
    assert re.search(rf"{number} warning  A1 .* until ended  今晚停水\n1 notices", listed)
    assert gridmap("notices", "end", "S001", number).exit_code == 0
    assert gridmap("notices", "list", "S001").output == "0 notices\n"
    assert "(over)" in gridmap("notices", "list", "S001", "--past").output
    assert gridmap("notices", "end", "S001", 999).exception.slug == "notice-not-found"
