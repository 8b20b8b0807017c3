"""Nancheng's year: 1,989 disputes entered, told by the page, by the API, by CSV and by plain SQL, all the same.

The published share of closed ones is 99.73 %. Of 1,989 that is 1,983.6: between five and six still open. The made-up station
leaves five open, 99.75 %; no whole number of disputes gives 99.73 %.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from gridmap.app import create_app
from gridmap.domain.access import Actor, Role
from gridmap.domain.dispute_filter import filter_of
from gridmap.services import accounts, imports
from gridmap.services.disputes import lists
from gridmap.settings import Settings
from gridmap.store.engine import make_engine, make_sessions
from gridmap.synthetic.calls import ENTERED_LAST_YEAR, STILL_OPEN
from tests.houses import copy_of
from tests.scanned import own_folder

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
STATION = "990001000000"
YEAR = "period=own&since=2025-11-01&until=2026-10-31"
IN_YEAR = f"station = '{STATION}' AND matter = 'dispute' AND opened_at >= '2025-11-01 00:00+08' AND opened_at < '2026-11-01 00:00+08'"
PASSWORD = "nancheng's year, told"


@pytest.fixture(scope="module")
def year(server_url, template_database, tmp_path_factory):
    """Return a client of a commander of the made-up station and the owner's sessions: its calls and disputes of the year.

    Of the three years of calls the last is loaded, which takes a third of the time, and no plate.
    """
    copies = copy_of(server_url, template_database)
    url = next(copies)
    engine = make_engine(url)
    folder = tmp_path_factory.mktemp("year")
    with make_sessions(engine).begin() as session:
        imports.load_file(session, "stations", FIXTURES / "station.geojson", station=STATION)
        for kind, name in (
            ("addresses", "addresses.csv.gz"), ("categories", "categories.csv"),
            ("incidents", since(folder, "incidents.csv.gz", "at")), ("disputes", since(folder, "disputes.csv.gz", "opened_at")),
        ):  # fmt: skip
            report = imports.load_file(session, kind, FIXTURES / name, station=STATION)
            assert not report.refused, report.rejected[:3]
        accounts.add(
            session,
            login="boss",
            display_name="指挥员",
            role=Role.COMMANDER,
            password=PASSWORD,
            stations=(STATION,),
            by="test",
        )
        session.execute(text("ANALYZE"))
    served = make_engine(url, role="gridmap_app", statement_timeout_ms=60_000)
    app = create_app(
        Settings(database_url=url, secure_cookies=False, secret="x" * 32, scan=own_folder()), make_sessions(served)
    )
    with TestClient(app, base_url="http://localhost") as client:
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/log-in").text)
        client.post("/log-in", data={"login": "boss", "password": PASSWORD, "csrf_token": token[1]})
        yield client, make_sessions(engine)
    served.dispose()
    engine.dispose()
    next(copies, None)


def since(folder, name, column):
    """Return a copy of a table of the fixtures with the rows of the year."""
    with gzip.open(FIXTURES / name, "rt", encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    kept = [row for row in rows if row[column] >= "2025-11-01"]
    assert 0 < len(kept) < len(rows)
    path = folder / name.removesuffix(".gz")
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, rows[0].keys())
        writer.writeheader()
        writer.writerows(kept)
    return path


def ask(sessions, query):
    with sessions() as session:
        return session.execute(text(query)).one()


def test_the_year_by_plain_sql(year):
    _, sessions = year
    entered, closed, open_ = ask(
        sessions,
        f"""
        SELECT count(*), count(*) FILTER (WHERE state = 'closed'),
               count(*) FILTER (WHERE state NOT IN ('settled', 'reviewed', 'closed', 'withdrawn', 'not_ours'))
        FROM dispute WHERE {IN_YEAR}""",
    )
    assert (
        (entered, open_, closed) == (ENTERED_LAST_YEAR, STILL_OPEN, ENTERED_LAST_YEAR - STILL_OPEN) == (1989, 5, 1984)
    )
    assert round(100 * closed / entered, 2) == 99.75
    published = 99.73  # of Nancheng; it lies between five and six open, and is neither
    assert [round(100 * (1989 - n) / 1989, 2) for n in (5, 6)] == [99.75, 99.70]
    assert 99.70 < published < 99.75


def test_the_page_says_the_same_and_each_number_opens_its_list(year):
    client, sessions = year
    page = client.get(f"/desk/figures?station={STATION}&{YEAR}&lang=zh").text
    assert re.search(r"受理（件）</span><b><a [^>]+>1,989</a>", page)
    assert re.search(r"结案率</span><b>99\.75 %</b><span class=\"soft\"><a [^>]+>1,984/1,989</a>", page)
    assert re.search(r"在办</span><b><a [^>]+>5</a>", page)
    assert re.search(r"无人负责</span><b>0</b>", page)
    links = set(re.findall(r'href="/desk/list\?([^"]+)">([\d,]+)</a>', page))
    assert len(links) > 40
    with sessions() as session:
        boss = accounts_actor(session)
        for query, told in links:
            wanted = filter_of(dict(pair.split("=", 1) for pair in unescape(query).replace("%3A", ":").split("&")))
            assert lists.count(session, boss, STATION, wanted) == int(told.replace(",", "")), query


def test_every_figure_of_the_year_equals_plain_sql(year):
    client, sessions = year
    body = client.get(f"/api/v1/stations/{STATION}/dispute-figures?{YEAR}").json()
    now = body["now"]
    settled, days = ask(
        sessions,
        f"""
        SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM settled_at - opened_at) / 86400)
        FROM dispute WHERE {IN_YEAR.replace("opened_at", "settled_at")}""",
    )
    assert (now["took"]["number"]["value"], now["took"]["median_days"]) == (settled, pytest.approx(float(days)))
    calls, households = ask(
        sessions,
        f"""
        SELECT (SELECT count(*) FROM incident i JOIN incident_category c ON c.code = i.category AND c.is_dispute
                WHERE station = '{STATION}' AND at >= '2025-11-01 00:00+08' AND at < '2026-11-01 00:00+08'),
               (SELECT sum(households) FROM address WHERE station = '{STATION}')""",
    )
    assert (now["dispute_calls"], now["households"]) == (calls, households)
    assert now["calls_per_1000_households"] == pytest.approx(1000 * calls / households)
    assert 0.38 < calls / 6_000 < 0.42  # of 6,000 calls a year 40 % are disputes
    with sessions() as session:
        for name, column in (("tiers", "tier"), ("kinds", "kind"), ("sources", "source")):
            told = {one["key"]: one["taken_in"]["value"] for one in body[name]}
            rows = session.execute(text(f"SELECT {column}, count(*) FROM dispute WHERE {IN_YEAR} GROUP BY 1"))
            assert told == {str(key): number for key, number in rows}
    assert sum(one["open"]["value"] for one in body["tiers"]) == body["open"]["value"] == STILL_OPEN
    assert body["lost"] == 0
    assert not body["before"]["recorded"]  # the year before was not loaded: nothing is made up


def test_the_city_and_its_table_say_the_same(year):
    client, _ = year
    rows = list(csv.DictReader(io.StringIO(client.get(f"/desk/figures/city.csv?{YEAR}").text.lstrip("\ufeff"))))
    assert [(row["taken_in"], row["closed"], row["share_closed"], row["open"]) for row in rows] == [
        ("1989", "1984", "0.9975", "5")
    ] * 2  # of the station, and of all
    city = json.loads(client.get(f"/api/v1/dispute-figures?{YEAR}").text)
    assert city["stations"][0]["share_closed"] == {"part": 1984, "of": 1989, "value": 1984 / 1989}


def accounts_actor(session):
    """Return the commander as the services know them."""
    number = session.scalar(text("SELECT id FROM account WHERE login = 'boss'"))
    return Actor(number, "boss", "指挥员", Role.COMMANDER, (STATION,))
