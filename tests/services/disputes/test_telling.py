"""Who is told of a dispute's steps: web hooks by event and group, mail to whom a step concerns; never a name or a word."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.domain.dispute_words import Holder, Wish
from gridmap.domain.hooks import HookNotValid
from gridmap.domain.loop_rules import to_json
from gridmap.domain.loops import Named, Rules
from gridmap.services import hooks
from gridmap.services.disputes import acting
from gridmap.services.disputes.answering import answer
from gridmap.services.sealing import Sealer
from tests import makers
from tests.disputes import actor_of, make_town, person
from tests.houses import house_of
from tests.mailed import add_account

SEALER = Sealer(bytes(range(32)))
GROUPS = {"couriers": ("traffic_dispute",), "property": ("housing", "neighbours", "worse"), "night_stalls": ()}


@pytest.fixture(scope="module")
def shared(server_url, template_database):
    """Give one database to every test here; each rolls back what it did."""
    with house_of(server_url, template_database) as house:
        with house.owner.begin() as session:
            town = make_town(session)
            rules = Rules(groups=tuple(Named(code, code, code) for code in GROUPS), group_kinds=GROUPS)
            session.execute(
                text("UPDATE loop SET rules = CAST(:rules AS jsonb), loaded_at = clock_timestamp()"),
                {"rules": json.dumps(to_json(rules))},
            )
        yield SimpleNamespace(owner=house.owner, town=town)


@pytest.fixture
def told(shared):
    """Give a session of the service on it, rolled back at the end."""
    with shared.owner() as session:
        session.execute(text("SET LOCAL ROLE gridmap_app"))
        session.execute(text("SELECT set_config('gridmap.stations', 'S001', true)"))
        yield session
        session.rollback()


@pytest.fixture
def town(shared):
    return shared.town


def as_owner(session, do):
    session.execute(text("RESET ROLE"))
    made = do()
    session.execute(text("SET LOCAL ROLE gridmap_app"))
    return made


@pytest.fixture
def mailed(told, town):
    """Give everybody an account with an address; return login -> what they were mailed since they were asked last."""
    for actor in (town.officer, town.grid, town.mediator, town.commander):
        as_owner(told, lambda actor=actor: add_account(told, actor))
    seen = {"last": 0}

    def new():
        rows = told.execute(
            text("""SELECT m.id, a.login, m.event, m.body FROM mail m JOIN account a ON a.id = m.account_id
                    WHERE m.id > :last ORDER BY m.id"""),
            {"last": seen["last"]},
        ).all()
        seen["last"] = rows[-1].id if rows else seen["last"]
        return sorted((row.login, row.event) for row in rows)

    return new


def add_hook(session, path, events, groups=()):
    return as_owner(
        session, lambda: hooks.add(session, SEALER, "S001", f"http://h.lan/{path}", events, groups=groups, by="t")
    )[0].id


def deliveries(session):
    rows = session.execute(
        text("SELECT h.url, d.event, d.body FROM web_hook_delivery d JOIN web_hook h ON h.id = d.hook_id ORDER BY d.id")
    )
    return [(row.url.rsplit("/", 1)[-1], row.event, row.body) for row in rows]


def test_a_hook_is_told_of_the_steps_it_wants_and_of_no_word_or_name(told, town):
    add_hook(told, "mine", ("dispute_opened", "dispute_settled"))
    done = town.open(told, words="楼上漏水 canary-words")
    for step, note in (("accepted", ""), ("begun", ""), ("mediated", "canary-note"), ("settled", "canary-terms")):
        done = town.step(told, town.grid, done, step, note)
    (_, first, body), (_, last, end) = deliveries(told)
    assert (first, last, end["state"], end["due_at"] > body["at"]) == (
        "dispute_opened",
        "dispute_settled",
        "settled",
        True,
    )
    assert set(body) == {
        "station", "event", "at", "dispute", "number", "matter", "kind", "grade", "marks", "state", "tier", "due_at", "beat",
        "grid_cell", "synthetic",
    }  # fmt: skip
    assert (body["dispute"], body["kind"], body["beat"], body["grid_cell"], body["tier"]) == (
        done.dispute,
        "neighbours",
        "A",
        "A1",
        1,
    )
    assert "canary" not in json.dumps([body, end])


def test_a_group_is_told_of_its_kinds_and_marks_alone(told, town):
    add_hook(told, "couriers", ("dispute_opened",), ("couriers",))
    add_hook(told, "property", ("dispute_opened", "dispute_marked"), ("property",))
    add_hook(told, "all", ("dispute_opened",))
    town.open(told, kind="neighbours")
    town.open(told, kind="traffic_dispute")
    debt = town.open(told, kind="debt")
    town.step(told, town.grid, debt, "marked", marks=("worse",))
    got = [(hook, event, body["kind"]) for hook, event, body in deliveries(told)]
    assert sorted(got) == sorted([
        ("property", "dispute_opened", "neighbours"), ("all", "dispute_opened", "neighbours"),
        ("couriers", "dispute_opened", "traffic_dispute"), ("all", "dispute_opened", "traffic_dispute"),
        ("all", "dispute_opened", "debt"), ("property", "dispute_marked", "debt"),
    ])  # fmt: skip


def test_a_message_reaches_the_groups_it_is_for_as_it_was_written(told, town):
    for group in ("couriers", "night_stalls"):
        add_hook(told, group, ("group_message",), (group,))
    add_hook(told, "steps", ("dispute_told",))
    done = town.open(told)
    wish = Wish("told", "今晚十点前请收摊")
    acting.act(told, town.officer, "S001", done.dispute, wish, version=done.version, facts={"groups": ["night_stalls"]})
    ((hook, event, body),) = deliveries(told)
    assert (hook, event, body["message"], body["groups"]) == (
        "night_stalls",
        "group_message",
        "今晚十点前请收摊",
        ["night_stalls"],
    )
    acting.act(told, town.officer, "S001", done.dispute, Wish("told", "只说给内部"), version=None)
    assert [(hook, event, "message" in body) for hook, event, body in deliveries(told)[1:]] == [
        ("steps", "dispute_told", False)
    ]


@pytest.mark.parametrize(
    ("events", "groups"), [(("group_message",), ("nobody",)), (("received",), ("couriers",)), (("dispute_boiled",), ())]
)
def test_a_group_there_is_not_or_an_event_not_told_by_group_is_refused(told, town, events, groups):
    with pytest.raises(HookNotValid):
        add_hook(told, "x", events, groups)


def test_who_gets_a_dispute_is_mailed_and_nobody_of_their_own_step(told, town, mailed):
    done = town.open(told)
    assert mailed() == [("grid", "given")]
    done = town.step(told, town.grid, done, "accepted")
    done = town.step(told, town.grid, done, "passed_on", "请警官接手", to=person(town.officer))
    assert mailed() == [("officer", "offered")]
    done = town.step(told, town.officer, done, "refused", "不属我")
    assert mailed() == [("grid", "back")]
    done = town.step(told, town.grid, done, "passed_on", "请法庭", to=Holder(body="court"))
    assert mailed() == [("mediator", "offered")]
    done = town.step(told, town.mediator, done, "taken")
    done = town.step(told, town.mediator, done, "convened", bodies=("court", "desk"))
    assert mailed() == [("officer", "asked")], "nobody is on duty, so every officer stands for the desk"
    answer(told, town.officer, town.station, done.dispute, "desk", "declined", note="走不开")
    assert mailed() == [("mediator", "answered")], "its holder"
    answered = answer(told, town.mediator, town.station, done.dispute, "court", "joined")
    assert mailed() == [], "nobody is mailed of what they did"
    done = town.step(told, town.mediator, answered, "escalated", "谈不拢")
    assert mailed() == [("officer", "given")]
    town.step(told, town.officer, done, "withdrawn", "撤回")
    assert mailed() == []


def test_a_mail_says_what_and_until_when_and_nothing_of_people(told, town, mailed):
    town.open(told, words="楼上漏水 canary-words")
    (body,) = told.scalars(text("SELECT body FROM mail")).all()
    assert set(body) == {
        "dispute",
        "number",
        "matter",
        "kind_zh",
        "kind_en",
        "tier",
        "state",
        "due_at",
        "timezone",
        "synthetic",
    }
    assert "canary" not in json.dumps(body)


def test_at_the_desk_those_on_duty_are_mailed(told, town, mailed):
    def other():
        second = makers.make_person(told, "second", station="S001", beat="B")
        add_account(told, actor_of(second, Role.OFFICER, "second"))
        told.execute(
            text(
                """INSERT INTO shift (station, person_id, during) VALUES ('S001', :person, tstzrange(now() - interval '1 hour', now() + interval '1 hour'))"""
            ),
            {"person": second.id},
        )

    as_owner(told, other)
    done = town.open(told)
    mailed()
    town.step(told, town.grid, done, "passed_on", "请值班台", to=Holder(body="desk"))
    assert mailed() == [("second", "offered")]


@pytest.mark.parametrize("change", ["email = NULL", "active = false", "role = 'planner'"])
def test_who_has_no_address_no_account_any_more_or_no_desk_is_not_mailed(told, town, mailed, change):
    as_owner(told, lambda: told.execute(text(f"UPDATE account SET {change} WHERE login = 'grid'")))
    town.open(told)
    assert mailed() == []


def test_a_step_that_is_rolled_back_tells_nobody(told, town, mailed):
    add_hook(told, "mine", ("dispute_opened",))
    with told.begin_nested() as inner:
        town.open(told)
        inner.rollback()
    assert (deliveries(told), mailed()) == ([], [])
