"""Lists of disputes: every filter, sight and page against the same in plain Python, and what a list costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.access import Actor, Role, RoleMayNot, StationNotInScope
from gridmap.domain.dispute_filter import ANY, DUES, OVER_STATES, TAKEN_STEPS, Filter, filter_of
from gridmap.domain.dispute_words import ENDED, MARKS, MATTERS, OVER, SOURCES, STATES, Holder
from gridmap.services.disputes import lists
from gridmap.services.disputes.rules import sight_of
from gridmap.store import dispute_lists
from gridmap.store.engine import enter_scope
from gridmap.store.tables import Audit
from tests import makers
from tests.disputes import Town, actor_of, make_town, person
from tests.queries import queries

__all__ = ["queries"]
NOW = datetime.now(UTC)
ZONE = "Asia/Shanghai"
TODAY = NOW.astimezone(ZoneInfo(ZONE)).date()
DAYS = st.one_of(st.none(), st.sampled_from([TODAY - timedelta(days=n) for n in (0, 1, 2, 5, 40)]))
SPANS = st.tuples(DAYS, DAYS)


@dataclass(frozen=True)
class Place:
    """A town whose disputes have come to every state, and a session of the service in its scope."""

    town: Town
    session: Session
    rows: list[SimpleNamespace]
    actors: dict[str, Actor]


@pytest.fixture
def place(sessions, app_sessions) -> Iterator[Place]:
    with sessions.begin() as session:
        town = make_town(session)
        far = makers.make_door(session, 1.5, 0.25, station=town.station).id
    with app_sessions() as session, session.begin():
        enter_scope(session, [town.station])
        fill(town, session, far)
        yield Place(
            town, session, read(session),
            {"officer": town.officer, "grid": town.grid, "mediator": town.mediator, "commander": town.commander},
        )  # fmt: skip


def fill(town: Town, session: Session, far: int) -> None:
    """Open disputes of every matter, kind of place and day, and bring each to another state."""
    court, grid = Holder(body="court"), person(town.grid)

    def make(days: float = 0.0, **facts: object):
        return town.open(session, opened_at=NOW - timedelta(days=days), **facts)

    make(kind="family", matter="tip", source="patrol")
    make(2, address_id=far, marks=("worse", "threats"))
    make(45, grade=2, address_id=far, kind="debt", source="call")
    town.step(session, town.grid, make(1), "accepted")
    begun = town.step(session, town.grid, make(kind="debt"), "begun")
    joint = town.step(session, town.officer, begun, "convened", bodies=("court",))
    town.step(session, town.officer, make(3, to=grid), "passed_on", "请看", to=court)
    taken = town.step(session, town.officer, make(1), "passed_on", "请看", to=court)
    taken = town.step(session, town.mediator, taken, "taken")
    town.step(session, town.mediator, taken, "paused", "等", until=NOW + timedelta(days=3))
    month_ago = NOW - timedelta(days=35)
    settled = town.step(session, town.grid, make(36, grade=3), "begun", now=month_ago)
    settled = town.step(session, town.grid, settled, "settled", "和解", now=month_ago)
    asked = town.step(session, town.officer, settled, "followed_up", outcome=4)
    town.step(session, town.officer, asked, "closed")
    again = town.step(session, town.grid, town.step(session, town.grid, make(9), "begun"), "settled", "赔偿")
    town.step(session, town.officer, again, "reopened", "又起")
    town.step(session, town.grid, town.step(session, town.grid, make(80), "begun"), "settled", "道歉")
    town.step(session, town.officer, make(), "withdrawn", "撤回")
    town.step(session, town.officer, make(address_id=far), "not_ours", "非本所")
    town.step(session, town.officer, make(4, kind="labour"), "escalated", "不成")
    assert joint.version == 3


def read(session: Session) -> list[SimpleNamespace]:
    rows = session.execute(
        text("""SELECT d.*, p.code AS holder, ARRAY(SELECT body FROM dispute_body b WHERE b.dispute_id = d.id) AS bodies,
                  EXISTS (SELECT FROM dispute_event e WHERE e.dispute_id = d.id AND e.what = 'escalated') AS escalated
                FROM dispute d LEFT JOIN person p ON p.id = d.holder_id""")
    )
    return [SimpleNamespace(**row._asdict()) for row in rows]


def sees(actor: Actor, d: SimpleNamespace) -> bool:
    if actor.role in {Role.OFFICER, Role.COMMANDER}:
        return True
    bodies = {"court"} if actor.role is Role.MEDIATOR else set()
    held = actor.person_id in {d.holder_id, d.offered_id} or bool(bodies & {d.body, d.offered_body, *d.bodies})
    return held or d.opened_by == actor.login or (actor.role is Role.GRID_MEMBER and d.grid_cell == "A1")


def fits(actor: Actor, wanted: Filter, d: SimpleNamespace) -> bool:
    """Say in plain Python whether a dispute passes a filter."""
    bodies = {Role.MEDIATOR: {"court"}, Role.OFFICER: {"desk"}, Role.COMMANDER: {"desk"}}.get(actor.role, set())
    is_open, today = d.state not in OVER, TODAY
    due_day = None if d.due_at is None else d.due_at.astimezone(ZoneInfo(ZONE)).date()
    by_state = {
        "": is_open or wanted.due == "follow" or wanted.settled != (None, None) or wanted.closed != (None, None),
        ANY: True, OVER_STATES: not is_open,
    }.get(wanted.state, d.state == wanted.state)  # fmt: skip
    by_due = {
        "": True,
        "overdue": is_open and d.due_at < NOW,
        "today": is_open and d.due_at >= NOW and due_day == today,
        "week": is_open and d.due_at >= NOW and due_day is not None and due_day < today + timedelta(days=7),
        "new": d.state == "open",
        "waiting": d.state == "handed" and (d.offered_id == actor.person_id is not None or d.offered_body in bodies),
        "follow": d.state in ENDED and due_day is not None and due_day <= today,
    }[wanted.due]  # fmt: skip
    me = actor.person_id is not None and d.holder_id == actor.person_id
    kind, _, code = wanted.holder.partition(":")
    by_holder = {
        "": True, "me": me, "mine": me or d.body in bodies, "person": d.holder == code and d.holder is not None,
        "body": d.body == code,
    }[kind]  # fmt: skip
    by_step = {"": True, "escalated": d.escalated, "reopened": d.reopened > 0, "followed_up": d.followed > 0}[
        wanted.step
    ]
    equal = all(
        getattr(wanted, name) in ("", None, getattr(d, column)) for name, column in (
            ("matter", "matter"), ("kind", "kind"), ("tier", "tier"), ("grade", "grade"), ("beat", "beat"),
            ("cell", "grid_cell"), ("source", "source"), ("opened_by", "opened_by"), ("rating", "rating"),
        )
    )  # fmt: skip
    within = all(_within(getattr(wanted, name), getattr(d, f"{name}_at")) for name in ("opened", "settled", "closed"))
    marked = not wanted.mark or wanted.mark in d.marks
    return all((by_state, by_due, by_holder, by_step, equal, within, marked, _begins(d.number, wanted.number)))


def _begins(number: str, typed: str) -> bool:
    return number.startswith((typed, typed.upper()))


def _within(span: tuple[date | None, date | None], at: datetime | None) -> bool:
    if span == (None, None):
        return True
    if at is None:
        return False
    day = at.astimezone(ZoneInfo(ZONE)).date()
    return (span[0] is None or day >= span[0]) and (span[1] is None or day <= span[1])


def pages(place: Place, actor: Actor, wanted: Filter, limit: int = 4) -> list[lists.Line]:
    found: list[lists.Line] = []
    after = ""
    while page := lists.page(place.session, actor, "S001", wanted, after=after, limit=limit, now=NOW, zone=ZONE):
        assert len(page) <= limit
        found += page
        after = lists.cursor_of(wanted, page[-1])
    return found


FIELDS = {
    "state": st.sampled_from(["", ANY, OVER_STATES, *STATES]), "matter": st.sampled_from(MATTERS),
    "kind": st.sampled_from(["neighbours", "debt", "labour", "school"]), "tier": st.integers(1, 3),
    "grade": st.integers(1, 3), "beat": st.sampled_from("AB"), "cell": st.sampled_from(["A1", "A2", "B1", "B2"]),
    "holder": st.sampled_from(["me", "mine", "person:grid", "person:nobody", "body:desk", "body:court"]),
    "mark": st.sampled_from(MARKS), "source": st.sampled_from(SOURCES), "due": st.sampled_from(DUES), "opened": SPANS,
    "settled": SPANS, "closed": SPANS, "number": st.sampled_from(["M-", "m-1", "M-1", "x", "M%", "_-1", "M-\U0010ffff"]),
    "opened_by": st.sampled_from(["officer", "grid"]), "rating": st.integers(3, 5), "step": st.sampled_from(TAKEN_STEPS),
}  # fmt: skip


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    names = draw(st.lists(st.sampled_from([*FIELDS]), max_size=3, unique=True))
    any_state = {"state": ANY} if "state" not in names and draw(st.booleans()) else {}
    return Filter(**any_state, **{name: draw(FIELDS[name]) for name in names})


def check(place: Place, wanted: Filter) -> int:
    """Compare the pages and the count of a filter with plain Python, for each role; return how many were found."""
    longest = 0
    for actor in place.actors.values():
        found = pages(place, actor, wanted)
        reference = {d.id for d in place.rows if sees(actor, d) and fits(actor, wanted, d)}
        assert {line.id for line in found} == reference, (actor.login, wanted)
        assert len(found) == len(reference), "a line came twice"
        keys = [(getattr(line, wanted.order), line.id) for line in found]
        assert keys == sorted(keys, reverse=wanted.order != "due_at")
        assert lists.count(place.session, actor, "S001", wanted, now=NOW, zone=ZONE) == len(reference)
        # However far is counted, a page and the one after it are the same, and tell the same count.
        sight = sight_of(place.session, actor, "S001")
        for after, most in ((None, 1), *((key, most) for key in keys[:1] for most in (1, dispute_lists.MOST_COUNTED))):
            told = dispute_lists.listed(
                place.session, "S001", sight, wanted, now=NOW, zone=ZONE, after=after, limit=1_000, most=most
            )
            assert told == (found[after is not None :], min(len(reference), most))
        longest = max(longest, len(reference))
    return longest


def test_each_filter_lists_and_counts_what_plain_python_finds(place):
    # What is closed here is closed now, which may be the day after this module was read.
    named = {
        "state": [ANY, OVER_STATES, "open", "joint", "closed"], "matter": ["tip", "dispute"], "kind": ["debt"], "tier": [2],
        "grade": [2], "beat": ["A", "B"], "cell": ["A1", "B1"], "holder": ["me", "mine", "person:grid", "body:desk"],
        "mark": ["threats", "returning"], "source": ["call"], "due": [*DUES], "number": ["M-1", "m-1"], "opened_by": ["officer"],
        "opened": [(TODAY - timedelta(days=5), TODAY)], "settled": [(TODAY, None)],
        "closed": [(None, TODAY + timedelta(days=1))], "rating": [4], "step": [*TAKEN_STEPS],
    }  # fmt: skip
    nothing = {("due", "follow"), ("due", "today")}  # a month must pass; what is due depends on the hour
    for name, values in named.items():
        for value in values:
            wanted = Filter(**{"state": ANY, name: value}) if name != "due" else Filter(due=value)
            assert check(place, wanted) or (name, value) in nothing, wanted
    assert check(place, Filter()) > 8


def test_any_filter_lists_and_counts_what_plain_python_finds(place):
    @given(filters())
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def law(wanted: Filter) -> None:
        check(place, wanted)
        assert filter_of(dict(pair.split("=", 1) for pair in unquoted(wanted))) == wanted

    law()


def unquoted(wanted: Filter) -> list[str]:
    return [f"{name}={value}" for name, value in wanted.facts().items()]


def test_a_follow_up_visit_is_listed_on_its_day(place):
    then = NOW + timedelta(days=31)
    found = lists.page(place.session, place.town.officer, "S001", Filter(due="follow"), now=then, zone=ZONE)
    assert {line.state for line in found} == {"settled"}
    assert [line.late for line in found] == [True] * len(found)
    assert len(found) == lists.count(place.session, place.town.officer, "S001", Filter(due="follow"), now=then) == 1


@pytest.mark.parametrize("later", [0, 31, 400])
def test_the_desk_counts_what_its_lists_hold(place, later):
    now = NOW + timedelta(days=later)
    place.session.execute(  # one in three each asked to a joint table, joined to it, and out of it again
        text("""INSERT INTO dispute_body (dispute_id, body, station, answer, by)
                SELECT id, 'court', station, (ARRAY['asked', 'joined', 'declined'])[1 + id % 3], 'test' FROM dispute
                ON CONFLICT DO NOTHING""")
    )
    asked = (
        Filter(), Filter(holder="mine"), Filter(holder="me"), Filter(holder="body:court"), Filter(kind="neighbours"), Filter(matter="dispute", tier=1),
        Filter(state=ANY), Filter(state="settled"), Filter(state="handed", holder="mine"), Filter(settled=(None, TODAY)),
        Filter(closed=(None, TODAY)), Filter(opened=(TODAY - timedelta(days=5), None)),
    )  # fmt: skip
    for actor in place.actors.values():
        sight = sight_of(place.session, actor, "S001")
        for wanted in asked:
            told = dispute_lists.dues(place.session, "S001", sight, wanted, now=now, zone=ZONE)
            assert set(told) == {"open", *DUES}
            for due in ("", *DUES):
                alone = replace(wanted, due=due, holder="" if due == "waiting" else wanted.holder)
                assert told[due or "open"] == lists.count(
                    place.session, actor, "S001", alone, sight=sight, now=now, zone=ZONE
                )


def test_news_tells_what_others_did_to_what_is_mine(place):
    town, session = place.town, place.session

    def fresh(actor: Actor, after: int | None, holder: str = "mine") -> tuple[int, int]:
        sight = sight_of(session, actor, "S001")
        told = lists.news(session, actor, Filter(holder=holder), after=after, sight=sight, station="S001", zone=ZONE)
        return told.fresh, told.newest

    _, before = fresh(town.grid, None)
    done = town.open(session)
    assert fresh(town.grid, before)[0] == 1
    assert fresh(town.mediator, before)[0] == 0
    assert fresh(town.officer, before)[0] == 0, "one's own steps are no news"
    town.step(session, town.officer, done, "note", "看一下")
    found, newest = fresh(town.grid, before)
    assert (found, newest) == (1, before + 2), "one dispute is told once"
    assert fresh(town.grid, newest)[0] == 0
    assert fresh(town.commander, before, "")[0] == 1


def test_a_count_stops_where_it_is_told_to(place):
    assert lists.count(place.session, place.town.officer, "S001", Filter(state=ANY), most=3) == 3


def test_a_list_costs_a_few_statements(place, queries):
    for actor, most in ((place.town.officer, 4), (place.town.grid, 5)):
        queries.clear()
        lists.page(place.session, actor, "S001", Filter(state=ANY), limit=30)
        assert len(queries) <= most
        queries.clear()
        lists.count(place.session, actor, "S001", Filter(state=ANY))
        assert len(queries) <= most


def test_a_list_is_for_the_station_and_the_desk_alone(place):
    with pytest.raises(StationNotInScope):
        lists.page(place.session, place.town.officer, "S002", Filter())
    with pytest.raises(RoleMayNot):
        lists.page(place.session, actor_of(None, Role.AUDITOR, "auditor"), "S001", Filter())


@pytest.mark.parametrize(
    "cursor", ["", "x", "1", "1.x", ".", "99999999999999999999.1", "1.99999999999", "１.２", "-1.2"]
)
def test_what_is_no_cursor_begins_at_the_first(cursor):
    assert lists.place_of(cursor) is None


def test_each_look_at_a_list_goes_on_record(place, sessions):
    lists.page(place.session, place.town.officer, "S001", Filter())
    place.session.commit()
    with sessions() as session:
        looks = session.query(Audit).filter_by(thing="disputes", by="officer", action="look").count()
    assert looks == 1
