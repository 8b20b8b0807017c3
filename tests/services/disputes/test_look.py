"""One dispute as somebody may see it: what is told of it, what they can do, whom it can be given to, and what it costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import Holder
from gridmap.services.disputes import look as looking
from gridmap.services.disputes.acting import DisputeNotFound, HolderUnknown
from gridmap.store.engine import enter_scope
from gridmap.store.tables import Audit
from tests import makers
from tests.queries import queries

__all__ = ["queries"]
ZONE = "Asia/Shanghai"
#: Statements a look may cost.
FEW = 8


def look(town, session, actor, done):
    return looking.look(session, actor, town.station, done.dispute, zone=ZONE)


def test_a_look_tells_what_where_who_and_what_happened(town, served):
    done = town.open(served, words="请打 13800138000", grade=2, marks=("threats",))
    done = town.step(served, town.grid, done, "accepted")
    done = town.step(served, town.grid, done, "visited", "电话 13800138000 打不通")
    done = town.step(served, town.grid, done, "passed_on", "请看", to=Holder(body="court"))
    seen = look(town, served, town.officer, done)
    detail = seen.detail
    assert (seen.row.standing.state, seen.row.beat, seen.row.grid_cell) == ("handed", "A", "A1")
    assert detail.words == "请打 ***"
    assert (detail.kind_zh, detail.kind_en) == ("邻里纠纷", "Neighbours")
    assert (detail.holder.kind, detail.holder.code) == ("person", "grid")
    assert (detail.offered.kind, detail.offered.code, detail.offered.name_zh) == ("body", "court", "小法庭")
    assert [(one.what, one.role) for one in seen.steps] == [
        ("passed_on", "grid_member"), ("visited", "grid_member"), ("accepted", "grid_member"), ("opened", "officer"),
    ]  # fmt: skip
    assert seen.steps[0].offered_zh == "小法庭"
    assert seen.steps[1].note == "电话 *** 打不通"


def test_what_one_can_do_is_theirs_alone(town, served):
    done = town.step(served, town.officer, town.open(served), "passed_on", "请看", to=Holder(body="court"))
    assert {"taken", "refused"} <= set(look(town, served, town.mediator, done).can)
    assert not {"taken", "refused"} & set(look(town, served, town.officer, done).can)
    other = town.open(served, to=Holder(body="desk"))
    assert "accepted" not in look(town, served, town.grid, other).can, "it is in their cell, and somebody else's"
    assert "note" in look(town, served, town.grid, other).can
    with pytest.raises(DisputeNotFound):
        look(town, served, town.mediator, other)


def test_it_can_be_given_to_bodies_and_to_who_is_posted_today_the_near_ones_first(town, sessions, app_sessions):
    today = datetime.now(UTC).date()
    with sessions.begin() as session:
        makers.make_person(session, "far", "grid_member", cell="B1")
        makers.make_person(session, "gone", "grid_member", cell="B2", until=today - timedelta(days=3))
    with app_sessions() as session, session.begin():
        enter_scope(session, [town.station])
        takers = look(town, session, town.officer, town.open(session)).takers
    codes = [one.code for one in takers]
    assert codes[:2] == ["court", "desk"]
    assert "gone" not in codes
    assert codes.index("grid") < codes.index("far")
    assert looking.holder_of("body:court", takers) == Holder(body="court")
    assert looking.holder_of("person:far", takers).person == next(one.id for one in takers if one.code == "far")
    assert not looking.holder_of("", takers)
    for strange in ("person:gone", "body:grid", "court", "person:"):
        with pytest.raises(HolderUnknown):
            looking.holder_of(strange, takers)


def test_links_bodies_and_parties_are_told_and_nothing_sealed(town, served):
    first = town.open(served, to=Holder(body="desk"))
    done = town.step(served, town.officer, town.open(served), "begun")
    done = town.step(served, town.officer, done, "convened", bodies=("court",))
    served.execute(
        text("""INSERT INTO dispute_party (station, dispute_id, side, reference, sealed)
                VALUES ('S001', :id, 1, '张某', '\\x00')"""),
        {"id": done.dispute},
    )
    seen = look(town, served, town.officer, done).detail
    assert [(one["id"], one["why"], one["later"]) for one in seen.links] == [(first.dispute, "door", False)]
    assert [(one["code"], one["answer"]) for one in seen.bodies] == [("court", "asked")]
    assert list(seen.parties) == [{"side": 1, "reference": "张某", "known": True}]
    assert look(town, served, town.mediator, done).detail.links == [], "what one may not see is not told of"
    back = look(town, served, town.officer, first).detail
    assert [(one["id"], one["later"]) for one in back.links] == [(done.dispute, True)]


def test_a_look_is_cheap_and_on_record(town, served, sessions, queries):
    done = town.open(served)
    for n in range(12):
        done = town.step(served, town.officer, done, "note", f"第 {n} 次")
    for actor in (town.officer, town.grid):
        queries.clear()
        look(town, served, actor, done)
        assert len(queries) <= FEW + (actor is town.grid), [one[:60] for one in queries]
    served.commit()
    with sessions() as session:
        looks = session.query(Audit).filter_by(thing=f"dispute {done.dispute}", action="look")
        assert [one.by for one in looks.order_by(Audit.id)] == ["officer", "grid"]
