"""The life of plates and the signed list, as a person at the command line sees them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from gridmap.cli import group, main
from gridmap.cli.console import Console
from gridmap.domain.codes import new_plate_code, spaced
from gridmap.services import list_keys, signed_list
from gridmap.settings import Settings
from tests import makers


@pytest.fixture
def codes(sessions):
    """Return three plates of S001 and one of S002."""
    with sessions.begin() as session:
        for station in ("S001", "S002"):
            makers.make_station(session, station)
        doors = [makers.make_door(session, n / 10, 0.2) for n in range(3)]
        doors.append(makers.make_door(session, 0.5, 0.5, station="S002"))
        return [makers.make_plate(session, new_plate_code(), door).code for door in doors]


@pytest.fixture
def gridmap(database_url, tmp_path):
    console = Console(Settings(database_url=database_url, data=tmp_path / "data"))

    def run(*arguments, **more):
        return CliRunner().invoke(group, ["plates", *(str(one) for one in arguments)], obj=console, **more)

    yield run
    console.forget_database()


def test_a_plate_is_printed_replaced_and_tells_its_history(gridmap, codes):
    assert gridmap("step", codes[0], spaced(codes[3]).lower(), "printed").output == (
        "station S001: 1 plates printed\nstation S002: 1 plates printed\n"
    )
    said = gridmap("step", "--from", "-", "installed", input=f"{codes[0]}\n\n{codes[1]}\n")
    assert said.output == "station S001: 2 plates installed\n"
    said = gridmap("replace", codes[0], "--reason", "burnt")
    assert f"{spaced(codes[0])} is replaced by " in said.output
    lines = gridmap("history", codes[0]).output.splitlines()
    assert [line.split()[2] for line in lines[:-1]] == ["printed", "installed", "replaced"]
    assert lines[-2].endswith("burnt")
    assert lines[-1] == "3 steps"


def test_what_needs_a_look_is_listed(gridmap, codes):
    gridmap("step", codes[0], "lost")
    said = gridmap("flagged", "S001").output
    assert spaced(codes[0]) in said
    assert said.endswith("1 plates\n")


def test_one_wrong_symbol_gets_the_right_code_offered(database_url, codes, capsys, monkeypatch):
    monkeypatch.setenv("GRIDMAP_DATABASE_URL", database_url)
    other = "Z" if codes[0][3] != "Z" else "Y"
    with pytest.raises(SystemExit):
        main(["plates", "history", codes[0][:3] + other + codes[0][4:]])
    assert f"did you mean {codes[0]}?" in capsys.readouterr().err


def test_nothing_named_is_a_question_of_usage(gridmap):
    said = gridmap("step", "printed")
    assert said.exit_code == 2
    assert "--from" in said.output


def test_a_signed_list_is_checked_without_a_database(gridmap, codes, tmp_path):
    file = tmp_path / "S001.json"
    said = gridmap("sign", "S001", "--out", file)
    assert "3 plates of station S001" in said.output
    public = said.output.split()[-1]

    offline = Console(Settings(database_url="postgresql+psycopg://nobody@127.0.0.1:1/none", data=tmp_path / "phone"))

    def check(*arguments):
        return CliRunner().invoke(group, ["plates", "verify", str(file), *arguments], obj=offline)

    good = check("--key", public, codes[0])
    assert good.exit_code == 0, good.output
    assert "genuine: 3 plates of station S001" in good.output
    assert f"{spaced(codes[0])}  试验路 …0.2  -  issued" in good.output
    assert "SYNTHETIC" in good.output
    foreign = check("--key", public, codes[3])
    assert (foreign.exit_code, "NOT in the list" in foreign.output) == (1, True)
    assert "known are none" in check(codes[0]).exception.detail
    file.write_bytes(file.read_bytes().replace("试".encode(), "测".encode(), 1))
    assert check("--key", public).exception.slug == "list-not-genuine"


def test_the_next_key_leaves_older_lists_genuine(gridmap, codes, tmp_path):
    file = tmp_path / "S001.json"
    gridmap("sign", "S001", "--out", file)
    assert gridmap("key").output.count("in use") == 1
    assert [line.split()[-2:] for line in gridmap("key", "--new").output.splitlines()][-1][-2:] == ["in", "use"]
    assert len(gridmap("key").output.splitlines()) == 2
    assert gridmap("verify", file, codes[0]).exit_code == 0


def test_an_old_list_says_so(gridmap, codes, session, tmp_path):
    folder = tmp_path / "data"
    key = list_keys.in_use(folder, Console(Settings(data=folder)).kept)
    file = tmp_path / "S001.json"
    file.write_bytes(signed_list.export(session, "S001", key, by="test", now=datetime(2020, 1, 1, tzinfo=UTC)))
    said = gridmap("verify", file, codes[0])
    assert (said.exit_code, "EXPIRED on 2020-01-31" in said.output) == (1, True)
