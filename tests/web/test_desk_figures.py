"""The commander's pages: every number leads to a list of that length, in two languages, without a script; and as CSV."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.services.disputes.figure_span import Share
from gridmap.store.tables import Dispute
from gridmap.web.desk_figures_rows import FIGURES, percent
from tests import makers
from tests.disputes import make_town
from tests.houses import copy_of, filled_by
from tests.services.disputes.made_figures import make_disputes

NOW = datetime.now(UTC)
PAGE = "/desk/figures?station=S001&period=year&lang=en"
CITY = "/desk/figures/city?period=year&lang=en"


@pytest.fixture(scope="module")
def figures_template(server_url, template_database):
    """Return a database to copy: S001 with 150 matters, S002 with 30."""

    def fill(session):
        make_disputes(session, make_town(session), NOW, 150)
        make_disputes(session, make_town(session, "S002"), NOW, 30, seed=7)

    for url, _ in filled_by(server_url, template_database, fill):
        yield url


@pytest.fixture
def database_url(figures_template, server_url):
    yield from copy_of(server_url, figures_template)


@pytest.fixture
def boss(as_role):
    return as_role(Role.COMMANDER, stations=("S001", "S002"))


def read(client, url):
    reply = client.get(url)
    assert reply.status_code == 200, reply.text
    return reply.text


def test_every_number_on_the_page_opens_a_list_of_that_length(boss):
    page = read(boss, PAGE)
    assert "<script" not in page
    assert not re.search(r'<[^>]+ style="', page)  # the policy forbids it: it would be lost
    links = {(unescape(url), text) for url, text in re.findall(r'href="(/desk/list\?[^"]+)">([^<]+)</a>', page)}
    assert len(links) > 60
    plain = [(url, int(text.replace(",", ""))) for url, text in links if text.replace(",", "").isdigit()]
    # the services' own test asks all of them; here every ninth goes through the page of the list itself
    for url, number in sorted(plain)[::9]:
        told = re.search(r'<div class="found"><b>([^<]+)</b>', read(boss, url + "&lang=en"))
        assert told is not None, url
        assert int(re.sub(r"\D", "", told[1].replace("One", "1").replace("No ", "0"))) == number, (url, told[1])


def test_the_page_says_its_days_its_minute_and_n_beside_each_rate(boss):
    page = read(boss, PAGE)
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    assert re.search(r"as of \d{4}-\d\d-\d\d \d\d:\d\d", page)
    assert re.search(r"Share settled</span><b>\d+ %</b><span class=\"soft\"><a [^>]+>\d+ of \d+</a>", page)
    assert f"{today.year}-01-01" in page
    zh = read(boss, PAGE.replace("lang=en", "lang=zh"))
    for word in ("受理", "化解率", "逾期", "在办量", "每千户纠纷警情", "无纠纷的网格和村", "不给个人打分"):
        assert word in zh
    assert "dfig" not in page + zh


@pytest.mark.parametrize(
    ("part", "of", "told"),
    [(1984, 1989, "99.75 %"), (999, 1000, "99.90 %"), (5, 6, "83 %"), (4, 4, "–"), (199_999, 200_000, "99.99 %"),
     (300, 300, "100 %"), (0, 0, "–"), (299, 300, "99.7 %")],
)  # fmt: skip
def test_no_share_is_rounded_to_all_and_none_is_told_of_few(part, of, told):
    assert percent(Share(part, of)) == told


def test_periods_lead_to_the_one_before_and_after(boss):
    page = read(boss, "/desk/figures?station=S001&period=month&day=2026-02-10&lang=en")
    assert "2026-02-01 to 2026-02-28 (28 days)" in page
    steps = dict(re.findall(r'href="(/desk/figures\?[^"]+)">(← earlier|later →)', page))
    found = {text: read(boss, unescape(url)) for url, text in steps.items()}
    assert "2026-01-01 to 2026-01-31" in found["← earlier"]
    assert "2026-03-01 to 2026-03-31" in found["later →"]
    own = read(boss, "/desk/figures?station=S001&period=own&since=2026-02-03&until=2026-02-09&lang=en")
    assert "2026-02-03 to 2026-02-09 (7 days)" in own
    assert "2026-01-27 – 2026-02-02" in own
    assert "2025-02-03 – 2025-02-09" in own
    wrong = boss.get("/desk/figures?station=S001&period=own&since=2026-02-09&until=2026-02-03")
    assert wrong.status_code == 422


def found_by(client, url):
    """Return how many the page of a list says it holds."""
    told = re.search(r'<div class="found"><b>([^<]+)</b>', read(client, url + "&lang=en"))
    assert told is not None, url
    return int(re.sub(r"\D", "", told[1].replace("One", "1").replace("No ", "0")))


def test_the_page_says_which_days_are_compared(boss):
    page = read(boss, "/desk/figures?station=S001&period=month&day=2026-03-10&lang=en")
    assert (
        "Compared with 2026-02-01 to 2026-02-28 (28 days), and a year ago 2025-03-01 to 2025-03-31 (31 days)." in page
    )
    city = read(boss, "/desk/figures/city?period=quarter&day=2026-05-10&lang=zh")
    assert "上期 2026-01-01 至 2026-03-31（90 天），去年同期 2025-04-01 至 2025-06-30（91 天）" in city


def test_a_tier_s_median_stands_beside_that_before_and_a_year_ago(boss):
    page = read(boss, "/desk/figures?station=S001&period=quarter&day=2026-05-10&lang=en")
    body = boss.get("/api/v1/stations/S001/dispute-figures?period=quarter&day=2026-05-10").json()
    for part in (*body["tiers"], *body["kinds"]):
        for name in ("took", "took_before", "took_year_ago"):
            took = part[name]
            link = (
                f'<a href="/desk/list?{took["number"]["list"].replace("&", "&amp;")}">n={took["number"]["value"]}</a>'
            )
            days = "–" if took["median_days"] is None else f"{took['median_days']:,.1f}"
            assert f'{days} <span class="n-of">{link}' in page


def test_who_has_nothing_in_hand_is_listed_and_who_is_away_says_so(boss, sessions):
    with sessions.begin() as session:
        idle = makers.make_person(session, "idle", "mediator")
        makers.make_leave(session, idle, date(2020, 1, 1), date(2090, 1, 1))
    page = read(boss, PAGE)
    free = page[page.index("Nothing in hand") : page.index('<section id="quiet">')]
    assert re.search(
        r'mediator</span> <span class="away">away, back on 2090-01-01</span> <a href="[^"]+idle[^"]*">0</a>', free
    )
    assert "返岗" in read(boss, PAGE.replace("lang=en", "lang=zh"))
    load = page[page.index('<section id="load">') : page.index('<section id="quiet">')]
    rows = re.findall(r"<tr>(.*?)</tr>", load, re.DOTALL)[1:]
    bodies = [row for row in rows if ">body</span>" in row]
    assert len(bodies) == 2
    assert all(("Settled by the body" in row) == (row in bodies) for row in rows)  # of nobody how many they settled


def test_the_city_is_sorted_by_what_needs_help_and_leads_to_each_station(boss):
    page = read(boss, CITY)
    table = page[page.index('<section id="stations">') : page.index('<section id="by-station">')]
    stations = re.findall(r'<th scope="row"><a href="(/desk/figures\?[^"]+)">', table)
    assert len(stations) == 2
    assert "station=S001" in stations[0]  # has more that is overdue
    for url in stations:
        read(boss, unescape(url))
    turned = read(boss, CITY + "&sort=taken")
    assert 'aria-current="true">taken in' in turned
    assert ">All<" in page.replace(" ", "").replace("\n", "")
    for word in (
        "Satisfaction",
        "Open per person there",
        "Cells without a case for 30 days",
        "Dispute calls per 1,000 households",
    ):
        assert word in page
    assert "dfig" not in page + read(boss, CITY.replace("lang=en", "lang=zh"))


def test_every_number_of_the_city_opens_its_list_or_its_station_s_page(boss):
    for figure in (*FIGURES, "tier-1", "kind-debt", "source-call", "nonsense", "tier-x"):
        opens_what_it_counts(boss, figure)


def opens_what_it_counts(boss, figure):
    page = read(boss, f"{CITY}&figure={figure}")
    table = page[page.index('<section id="stations">') : page.index('<section id="tier">')]
    links = {
        (unescape(url), text) for url, text in re.findall(r'href="(/[^"]+)">([\d,]+)</a>', table) if "/desk/list" in url
    }
    links = {(url, int(text.replace(",", ""))) for url, text in links}
    assert len(links) > 5
    for url, number in sorted(links)[:: 1 if figure == "tier-1" else 7]:
        assert found_by(boss, url) == number, url
    for url in set(re.findall(r'href="(/desk/figures\?[^"]+)"', table)):
        path, _, section = unescape(url).partition("#")
        assert not section or f'id="{section}"' in read(boss, path), url


def test_the_city_s_page_names_nobody(boss, sessions):
    with sessions.begin() as session:
        session.execute(text("UPDATE person SET name = 'Jia ' || id, name_en = 'Jia ' || id"))
    told = [read(boss, CITY.replace("en", language)) for language in ("zh", "en")]
    told += [boss.get("/api/v1/dispute-figures?period=year").text, boss.get("/desk/figures/city.csv?period=year").text]
    assert "Jia " in read(boss, PAGE)  # as the station's own page does, to share its work
    assert not any("Jia " in page for page in told)


def test_a_number_of_the_whole_city_opens_those_of_its_stations_which_add_up(boss):
    page = read(boss, CITY)
    top = page[page.index('<section id="compared">') : page.index('<section id="stations">')]
    summed = 0
    for key, url, number in re.findall(
        r'href="(?=[^"]*figure=([a-z_]+))(/desk/figures/city[^"]+)#by-station">([\d,]+)</a>', top
    ):
        if key not in {"taken", "done", "withdrawn", "not_ours", "escalated", "reopened", "calls", "followed"}:
            continue
        opened = read(boss, unescape(url))
        rows = re.findall(
            r"<tr>(.*?)</tr>",
            opened[opened.index('<section id="by-station">') : opened.index('<section id="tier">')],
            re.DOTALL,
        )
        told = [re.findall(r'<span class="then">(?:<a [^>]+>)?([\d,]+)', row) for row in rows[1:]]
        sums = [sum(int(one.replace(",", "")) for one in column) for column in zip(*told, strict=True)]
        assert int(number.replace(",", "")) in sums, (key, number, told)
        summed += 1
    assert summed > 10
    parts = page[page.index('<section id="tier">') :]
    url, number = re.search(
        r'href="(/desk/figures/city[^"]+figure=tier-1[^"]*)#by-station">([\d,]+)</a>', parts
    ).groups()
    opened = read(boss, unescape(url))
    taken = re.findall(
        r'data-label="Taken in"><a [^>]+>([\d,]+)<',
        opened[opened.index('<section id="by-station">') : opened.index('<section id="tier">')],
    )
    assert sum(int(one.replace(",", "")) for one in taken) == int(number.replace(",", ""))


def test_the_tables_can_be_taken_along(boss):
    rows = list(csv.DictReader(io.StringIO(boss.get("/desk/figures/city.csv?period=year").text.lstrip("\ufeff"))))
    assert [row["station"] for row in rows] == ["S001", "S002", ""]
    assert int(rows[2]["taken_in"]) == int(rows[0]["taken_in"]) + int(rows[1]["taken_in"]) > 0
    reply = boss.get("/desk/figures.csv?station=S001&period=year")
    assert reply.headers["content-disposition"].endswith('.csv"')
    told = list(csv.DictReader(io.StringIO(reply.text.lstrip("\ufeff"))))
    taken = [row for row in told if row["figure"] == "taken_in" and not row["of"] and row["span"] == "now"]
    assert [row["value"] for row in taken] == [rows[0]["taken_in"]]
    tiers = [int(row["value"]) for row in told if row["figure"] == "taken_in" and row["of"].startswith("tier")]
    assert sum(tiers) == int(rows[0]["taken_in"])


def test_the_api_says_what_the_page_says_and_of_which_list(boss):
    body = boss.get("/api/v1/stations/S001/dispute-figures?period=year").json()
    page = read(boss, PAGE)
    assert (
        f'href="/desk/list?{body["now"]["taken_in"]["list"]}">{body["now"]["taken_in"]["value"]}</a>'.replace(
            "&", "&amp;"
        )
        in page
    )
    assert body["lost"] == 0
    city = boss.get("/api/v1/dispute-figures?period=year").json()
    assert [row["station"] for row in city["stations"]] == ["S001", "S002"]
    assert city["stations"][0]["taken_in"] == body["now"]["taken_in"]
    assert city["total"]["taken_in"]["list"] == ""
    assert boss.get("/api/v1/stations/S001/dispute-figures?period=decade").status_code == 422


def test_figures_are_kept_for_a_minute_and_say_so(boss, sessions):
    first = boss.get("/api/v1/stations/S001/dispute-figures?period=year").json()
    with sessions.begin() as session:
        session.add(Dispute(station="S001", number="later", kind="family", opened_at=NOW - timedelta(minutes=1)))
    assert boss.get("/api/v1/stations/S001/dispute-figures?period=year").json() == first
    other = boss.get("/api/v1/stations/S001/dispute-figures?period=year&quiet_days=31").json()
    assert other["at"] > first["at"]
    assert other["now"]["taken_in"]["value"] == first["now"]["taken_in"]["value"] + 1


def test_the_page_is_for_commanders_and_officers(as_role):
    for role, status in ((Role.OFFICER, 200), (Role.GRID_MEMBER, 403), (Role.MEDIATOR, 403), (Role.AUDITOR, 403)):
        assert as_role(role).get("/desk/figures?station=S001").status_code == status, role
    assert as_role(Role.COMMANDER).get("/desk/figures?station=S002").status_code == 404
