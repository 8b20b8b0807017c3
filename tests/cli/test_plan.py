"""`gridmap plan`: what a planner at the command line is told, and what is kept."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.services.proposals import WishNotPossible
from gridmap.settings import Settings
from gridmap.store import editions, frames, proposals
from tests import towns


@pytest.fixture
def gridmap(database_url, sessions):
    """Return a function that runs a command on a station of 24 cells in 4 beats."""
    with sessions.begin() as session:
        towns.make_town(session)
    console = Console(Settings(database_url=database_url))

    def run(*arguments):
        return CliRunner().invoke(group, ["plan", *(str(one) for one in arguments)], obj=console)

    yield run
    console.forget_database()


def test_plans_are_shown_side_by_side_and_kept_only_when_asked(gridmap, sessions):
    said = gridmap(
        "propose", "S001", "--quick", "--beats", 5, "--tolerance", 0.4, "--weight", "doors=1", "--lock", "J04"
    )
    assert said.exception is None, said.output
    assert "counting what each unit carries" in said.stderr
    assert re.search(r"largest deviation +\d+\.\d% ", said.stdout)
    assert re.search(r"\d+ options\n$", said.stdout)
    with sessions() as session:
        assert proposals.list_page(session, "S001") == []


def test_an_option_is_opened_as_a_draft(gridmap, sessions):
    said = gridmap("propose", "S001", "--quick", "--beats", 3, "--tolerance", 0.4, "--open", 1)
    assert "option 1 is open as draft 2 of station S001" in said.stdout
    with sessions() as session:
        draft = editions.find(session, "S001", 2)
        assert len(frames.zones(session, draft.id, "beat")) == 3
        assert set(frames.zones(session, draft.id, "grid_cell")["beat"]) == set(
            frames.zones(session, draft.id, "beat")["code"]
        )
    said = gridmap("officers", "S001", 2)
    assert re.search(r"3 beats, \d+ of \d+ doors change their officer", said.stdout)


def test_a_wish_that_cannot_be_is_named(gridmap):
    assert isinstance(gridmap("propose", "S001", "--beats", 3, "--lock", "J99").exception, WishNotPossible)
    assert "is no NAME=NUMBER" in gridmap("propose", "S001", "--beats", 3, "--weight", "doors").output
    assert "say the opposite" in gridmap("propose", "S001", "--beats", 3, "--keep-villages", "--split-villages").output


def test_posts_are_listed_with_their_addresses_and_what_they_reach(gridmap):
    said = gridmap("posts", "S001", "--posts", 2, "--reach", 700, "--at", "53-0")
    assert said.exception is None, said.output
    lines = said.stdout.splitlines()
    assert sum("(there already)" in line for line in lines) == 1
    assert re.fullmatch(r"2 posts: \d+\.\d% of 336 households within 700 m, .*", lines[-1])
