"""Past disputes come in as they stood: state, holder and clocks; rows that are told twice under two numbers are found."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text

from gridmap.domain.dispute_words import STATES
from gridmap.services import imports
from gridmap.services.imports import Options
from gridmap.services.imports.dispute_terms import STATE_WORDS
from gridmap.store.tables import Dispute, DisputeEvent, Incident, IncidentCategory
from tests.makers import make_door, make_person, make_station
from tests.workbooks import save


@pytest.fixture
def load(session, tmp_path):
    """Return a function that loads rows as a workbook of a kind for station S001."""
    make_station(session)
    session.add(IncidentCategory(code="noise", name_zh="噪音扰民", name_en="Noise", is_dispute=True))
    session.flush()

    def work(kind: str, *rows: object, mapping: dict[str, str] | None = None, **options: object) -> imports.Report:
        path = save(tmp_path / f"{kind}.xlsx", rows)  # type: ignore[arg-type]
        return imports.load_file(
            session, kind, path, station="S001", mapping=mapping, options=Options(**options)  # type: ignore[arg-type]
        )  # fmt: skip

    return work


def dispute(session, number):
    session.expire_all()
    return session.scalars(select(Dispute).where(Dispute.number == number)).one()


def steps(session, number):
    query = select(DisputeEvent).where(DisputeEvent.dispute_id == dispute(session, number).id).order_by(DisputeEvent.id)
    return [(one.what, one.role, one.at) for one in session.scalars(query)]


HEAD = ("纠纷编号", "纠纷类型", "登记时间", "办理状态", "化解时间", "办理期限", "承办人", "经度", "纬度")
MAY, JUNE = "2024-05-31 08:00", "2024-06-03 08:00"


def test_a_ledger_is_taken_in_with_everything_it_says(session, load):
    make_person(session, "P1", beat="A", since=date(2024, 1, 1)).name = "张三"
    session.flush()
    report = load(
        "disputes",
        ["2024年纠纷台账"],
        [*HEAD, "事项类别", "来源", "简要情况", "风险等级", "标签", "登记人", "备注"],
        ["D1", "噪音扰民", MAY, "调解中", None, "2024-06-30", "张三", 112.905, 35.805, "隐患", "110警情",
         "楼上装修，电话13800138000", "二级", "反复、扬言威胁", "李警官", "x"],
        add_categories=True,
    )  # fmt: skip
    assert (report.added, report.unit, report.unused) == (1, "row", ("备注",))
    assert report.columns["holder"] == "承办人"
    one = dispute(session, "D1")
    assert (one.kind, one.state, one.matter, one.source, one.grade, one.opened_by) == (
        "noise", "in_hand", "hazard", "call", 2, "李警官",
    )  # fmt: skip
    assert (one.words, one.marks, one.version) == ("楼上装修，电话***", ["returning", "threats"], 0)
    assert one.holder_id is not None
    assert one.due_at == one.settle_by == datetime(2024, 6, 29, 16, tzinfo=UTC)
    assert "1 texts had numbers of telephones or identity cards; they were masked" in report.warnings
    assert steps(session, "D1") == [("opened", "import", datetime(2024, 5, 31, tzinfo=UTC))]


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_taken_in_and_again_and_nothing_open_is_lost(session, load, state):
    over = state in {"settled", "reviewed", "closed", "withdrawn", "not_ours"}
    rows = [HEAD, ["D1", "noise", MAY, state, JUNE if over else None, "2024-07-01", None, 112.905, 35.805]]
    assert load("disputes", *rows).rejected == []
    assert load("disputes", *rows).unchanged == 1
    one = dispute(session, "D1")
    # What was handed over to nobody by name is open: the desk holds it.
    assert one.state == ("open" if state == "handed" else state)
    assert (one.due_at is None) == over
    assert one.body == (None if over else "desk")
    assert session.scalar(text("SELECT count(*) FROM lost_dispute")) == 0
    ends = {"settled": ["settled"], "reviewed": ["settled", "reviewed"], "closed": ["settled", "closed"],
            "withdrawn": ["withdrawn"], "not_ours": ["not_ours"]}  # fmt: skip
    assert [what for what, _, _ in steps(session, "D1")] == ["opened", *ends.get(state, [])]


@pytest.mark.parametrize(
    ("word", "state"),
    [("转办", "handed"), ("待接收", "handed"), ("联调", "joint"), ("联合调解", "joint"), ("暂停", "paused"), ("中止", "paused"),
     ("评晒", "reviewed"), ("公示", "reviewed"), ("不属本所", "not_ours"), ("已化解", "settled"), ("待受理", "open"),
     ("in hand", "in_hand"), ("not ours", "not_ours")],
)  # fmt: skip
def test_states_are_understood_in_words(word, state):
    assert STATE_WORDS[word] == state


def test_a_row_that_says_no_state_is_as_far_as_its_times(session, load):
    load("disputes", ["number", "kind", "opened_at", "settled_at", "closed_at"], ["D1", "noise", MAY, None, None],
         ["D2", "noise", MAY, JUNE, None], ["D3", "noise", MAY, JUNE, "2024-06-05"])  # fmt: skip
    assert [dispute(session, number).state for number in ("D1", "D2", "D3")] == ["open", "settled", "closed"]
    assert steps(session, "D3")[-1] == ("closed", "import", datetime(2024, 6, 4, 16, tzinfo=UTC))


def test_who_is_not_here_holds_nothing_open(session, load):
    make_person(session, "P1", beat="A", since=date(2020, 1, 1), until=date(2021, 1, 1))
    report = load(
        "disputes", HEAD,
        ["D1", "noise", MAY, "调解中", None, None, "P1", None, None], ["D2", "noise", MAY, "调解中", None, None, "P9", None, None],
        ["D3", "noise", MAY, "已化解", JUNE, None, "P9", None, None], ["D4", "noise", MAY, "转办", None, None, "值班台", None, None],
    )  # fmt: skip
    assert [(one.line, one.reason) for one in report.rejected] == [(3, "there is no such person or body to hold it")]
    assert "1 open ones are held by somebody who is not posted here today: the desk holds them" in report.warnings
    assert (dispute(session, "D1").body, dispute(session, "D3").holder_id) == ("desk", None)
    assert (dispute(session, "D4").state, dispute(session, "D4").body, dispute(session, "D4").offered_body) == (
        "open",
        "desk",
        None,
    )
    assert "1 were handed over to nobody who is here: they are open, held by the desk" in report.warnings


def test_what_was_handed_to_somebody_is_theirs_to_take_for_as_long_as_the_loop_says(session, load):
    one = make_person(session, "P1", beat="A").id
    row = ["D1", "noise", MAY, "转办", None, "2099-01-01", "P1", None, None]
    load("disputes", HEAD, row)
    found = dispute(session, "D1")
    assert (found.state, found.offered_id, found.body) == ("handed", one, "desk")
    now = session.scalar(text("SELECT now()"))
    assert found.due_at == now + timedelta(days=1)
    assert found.settle_by > found.due_at
    # Loaded again the offer lasts no longer.
    session.execute(text("UPDATE dispute SET due_at = due_at - interval '1 hour'"))
    assert load("disputes", HEAD, row).unchanged == 1


def test_what_has_not_been_yet_is_refused(session, load):
    head = ["number", "kind", "opened_at", "settled_at", "lon", "lat"]
    report = load(
        "disputes", head,
        ["D1", "noise", "2099-01-01", None, 112.905, 35.805], ["D2", "noise", MAY, "2099-01-01", 112.905, 35.805],
        ["D4", "noise", MAY, JUNE, 112.905, 35.805],
    )  # fmt: skip
    assert [(one.line, one.reason) for one in report.rejected] == [
        (2, "opened_at lies in the future"), (3, "settled_at lies in the future"),
    ]  # fmt: skip
    assert report.added == 1


def test_a_dispute_that_has_lived_on_here_is_left_alone(session, load):
    load("disputes", HEAD, ["D1", "noise", MAY, "待受理"])
    one = dispute(session, "D1")
    session.add(DisputeEvent(station="S001", dispute_id=one.id, by="officer", role="officer", what="accepted", seq=1,
                             after="accepted", tier=1, body="desk", due_at=one.due_at))  # fmt: skip
    session.flush()
    report = load("disputes", HEAD, ["D1", "noise", MAY, "已办结", JUNE])
    assert report.rejected[0].reason == "it has taken steps here since, and these alone change it"
    assert dispute(session, "D1").state == "accepted"


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [("风险等级", "特级", "grade is no whole number from 1 to 9"), ("标签", "可爱", "marks are of returning, threats, worse"),
     ("结案时间", "2024-06-01", "closed_at lies before settled_at"), ("事项类别", "?", "matter is none of dispute, tip, hazard, case"),
     ("简要情况", "长" * 4001, "words is longer than 4000 characters")],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused_by_row(load, column, value, reason):
    row = ["D1", "noise", MAY, "已办结", JUNE, None, None, None, None, value]
    report = load("disputes", [*HEAD, column], row)
    assert [(one.line, one.reason) for one in report.rejected] == [(2, reason)]


def test_an_open_one_stands_at_a_tier_that_there_is(load):
    head = ["number", "kind", "opened_at", "tier", "settled_at"]
    report = load(
        "disputes",
        head,
        ["D1", "noise", MAY, "第二层", None],
        ["D2", "noise", MAY, 7, None],
        ["D3", "noise", MAY, 7, JUNE],
    )
    assert [(one.line, one.reason) for one in report.rejected] == [
        (3, "the loop of the station has no such tier, and it is open")
    ]
    assert report.added == 2


def test_a_column_of_another_name_is_mapped_by_hand(session, load):
    rows = [["NR", "WAS", "WANN"], ["D1", "noise", MAY]]
    assert load("disputes", *rows, mapping={"number": "NR", "kind": "WAS", "opened_at": "WANN"}).added == 1
    assert load("incidents", *rows, mapping={"number": "NR", "category": "WAS", "at": "WANN"}).added == 1


def test_kinds_every_station_knows_are_added_under_their_code(session, load):
    report = load(
        "disputes", ["number", "kind", "opened_at"], ["D1", "邻里", MAY], ["D2", "邻里纠纷", JUNE], add_categories=True
    )
    assert {dispute(session, number).kind for number in ("D1", "D2")} == {"neighbours"}
    assert "1 categories were added: neighbours" in report.warnings


#: 50 m to the north are 0.00045 degrees.
NEAR, FAR = 35.805 + 0.00044, 35.805 - 0.00047
ALIKE = (
    ("编号", "类别", "时间", "经度", "纬度"),
    ("1", "noise", "2024-05-31 08:00", 112.905, 35.805),
    ("2", "noise", "2024-06-01 08:00", 112.905, NEAR),  # a day later, 49 m off
    ("3", "noise", "2024-05-31 08:00", 112.905, FAR),  # 52 m off
    ("4", "theft", "2024-05-31 08:00", 112.905, 35.805),  # another kind
    ("5", "noise", "2024-06-02 08:01", 112.905, 35.805),  # a minute more than a day after the second
    ("6", "noise", "2024-05-31 08:00", None, None),  # nowhere
    ("7", "noise", "2024-05-31 08:00", None, None),
)


@pytest.mark.parametrize("kind", ["incidents", "disputes"])
@pytest.mark.parametrize("duplicates", ["keep", "skip"])
def test_look_alikes_in_a_file_are_told_by_row_and_left_out_if_asked_for(session, load, kind, duplicates):
    session.add(IncidentCategory(code="theft", name_zh="盗窃", name_en="Theft"))
    session.flush()
    report = load(kind, *ALIKE, duplicates=duplicates)
    if duplicates == "keep":
        assert report.added == 7
        told = next(one for one in report.warnings if "look like" in one)
        assert told.startswith("1 rows look like another of their kind within 50 m and 24 hours; they were kept")
        assert told.endswith("row 3 (2) like 1 on row 2")
        again = load(kind, *ALIKE, duplicates="skip")  # what is there is no look-alike of itself
        assert (again.unchanged, again.refused) == (7, 0)
    else:
        assert (report.added, [(one.line, one.value, one.reason) for one in report.rejected]) == (
            6, [(3, "2", "looks like 1 on row 2 (--duplicates keep takes it in)")],
        )  # fmt: skip


def test_look_alikes_of_what_is_stored_are_found_by_place_and_by_address(session, load):
    door = make_door(session, 1.5, 0.5, code="D1")
    session.flush()
    head = ("编号", "类别", "时间", "地址编码", "经度", "纬度")
    load("incidents", head, ("1", "noise", MAY, None, 112.905, 35.805), ("2", "noise", MAY, "D1", None, None))
    report = load(
        "incidents", head, ("3", "noise", MAY, None, 112.905, NEAR), ("4", "noise", MAY, "D1", 112.900, 35.800),
        ("5", "noise", MAY, None, 112.905, FAR), ("1", "noise", MAY, None, 112.905, 35.805), duplicates="skip",
    )  # fmt: skip
    assert {one.line: one.reason.removesuffix(" (--duplicates keep takes it in)") for one in report.rejected} == {
        2: "looks like 1 which is there already", 3: "looks like 2 which is there already",
    }  # fmt: skip
    assert (report.added, report.unchanged) == (1, 1)
    assert session.scalars(select(Incident.number).order_by(Incident.number)).all() == ["1", "2", "5"]
    assert door.id


DOORS = ("纠纷编号", "纠纷类型", "登记时间", "地址编码", "事项类别", "办理状态", "化解时间")


def links(session):
    query = """SELECT a.number, b.number, l.why, l.by FROM dispute_link l JOIN dispute a ON a.id = l.dispute_id
               JOIN dispute b ON b.id = l.earlier_id ORDER BY 1, 2"""
    return [tuple(row) for row in session.execute(text(query))]


def test_what_is_taken_in_is_linked_to_others_at_its_door_in_the_order_of_time(session, load):
    """Whatever stands first in the file, or was there before it; not over a year, not of another matter or door."""
    here, there = (make_door(session, 0.5 + n / 10, 0.5) for n in range(2))
    session.flush()
    load("disputes", DOORS, ["D0", "噪音扰民", "2024-03-01", here.code, None, None, None])
    report = load(
        "disputes", DOORS,
        ["D2", "噪音扰民", "2024-05-01", here.code, None, None, None],
        ["D1", "噪音扰民", "2024-02-01", here.code, None, None, None],
        ["D3", "噪音扰民", "2024-05-01", there.code, None, None, None],
        ["D4", "噪音扰民", "2024-05-02", here.code, "隐患", None, None],
        ["D5", "噪音扰民", "2023-01-20", here.code, None, None, None],
        ["D6", "噪音扰民", "2024-05-03", here.code, None, "撤回", None],
    )  # fmt: skip
    assert report.added == 6, report.rejected
    assert links(session) == [
        ("D0", "D1", "door", "import"), ("D2", "D0", "door", "import"), ("D2", "D1", "door", "import"),
    ]  # fmt: skip
    assert "3 links to others at the same door, of a year before or after, were added" in report.warnings


def test_the_same_file_again_links_nothing_twice_and_another_door_takes_its_links_along(session, load):
    here, there = (make_door(session, 0.5 + n / 10, 0.5) for n in range(2))
    session.flush()
    rows = [["D1", "噪音扰民", "2024-02-01", here.code], ["D2", "噪音扰民", "2024-03-01", here.code]]
    for _ in range(2):
        report = load("disputes", DOORS[:4], *rows)
        assert links(session) == [("D2", "D1", "door", "import")]
    assert not [told for told in report.warnings if "links" in told]
    rows[1][3] = there.code
    load("disputes", DOORS[:4], *rows)
    assert links(session) == []


def test_of_many_at_one_door_the_nearest_are_linked(session, load):
    here = make_door(session, 0.5, 0.5)
    session.flush()
    rows = [[f"D{n}", "噪音扰民", f"2024-{1 + n // 28:02}-{1 + n % 28:02}", here.code] for n in range(60)]
    assert load("disputes", DOORS[:4], *rows).added == 60
    assert len(links(session)) == sum(min(n, 20) for n in range(60)), "the nearest twenty before each"


LIFE = (
    "number",
    "kind",
    "opened_at",
    "tier",
    "state",
    "settled_at",
    "tier_2_at",
    "tier_3_at",
    "visited_at",
    "rating",
    "holder",
)


def test_a_past_life_is_told_with_its_tiers_its_visit_and_its_stars(session, load):
    make_person(session, "P1", beat="A", since=date(2024, 1, 1))
    rows = [
        LIFE,
        ["D1", "noise", MAY, 3, "closed", JUNE, "2024-06-01 08:00", "2024-06-02 08:00", "2024-06-20 10:00", 5, "P1"],
        ["D2", "noise", MAY, 2, "调解中", None, "2024-06-01 08:00", None, None, None, None],
        [
            "D3",
            "noise",
            MAY,
            3,
            "closed",
            JUNE,
            None,
            "2024-06-02 08:00",
            None,
            "满意",
            "值班台",
        ],  # began at the second
        ["D4", "noise", MAY, 3, "closed", JUNE, None, None, None, None, None],  # began at the third
    ]
    assert load("disputes", *rows).rejected == []
    told = session.execute(
        text("""SELECT d.number, e.what, e.tier, e.after, p.code, e.body, (e.facts ->> 'rating')::int, e.at
                FROM dispute_event e JOIN dispute d ON d.id = e.dispute_id LEFT JOIN person p ON p.id = e.holder_id
                ORDER BY d.number, e.id""")
    ).all()
    found = {number: [tuple(row)[1:7] for row in told if row.number == number] for number in ("D1", "D2", "D3", "D4")}
    none = (None, None, None)
    assert found == {
        "D1": [("opened", 1, "open", *none), ("escalated", 2, "open", *none), ("escalated", 3, "open", *none),
               ("settled", 3, "settled", "P1", None, None), ("closed", 3, "closed", *none),
               ("followed_up", 3, "closed", None, None, 5)],
        "D2": [("opened", 1, "open", *none), ("escalated", 2, "open", *none)],
        "D3": [("opened", 2, "open", *none), ("escalated", 3, "open", *none), ("settled", 3, "settled", None, "desk", None),
               ("followed_up", 3, "closed", None, None, 4), ("closed", 3, "closed", *none)],
        "D4": [("opened", 3, "open", *none), ("settled", 3, "settled", *none), ("closed", 3, "closed", *none)],
    }  # fmt: skip
    one = dispute(session, "D1")
    assert (one.followed, one.rating, one.version) == (1, 5, 0)
    assert (dispute(session, "D3").rating, dispute(session, "D4").followed) == (4, 0)
    # Told twice it happened once, and a file without these columns takes nothing back.
    assert load("disputes", *rows).unchanged == 4
    load("disputes", LIFE[:6], rows[1][:6])
    assert dispute(session, "D1").rating == 5
    assert session.scalar(text("SELECT count(*) FROM dispute_event")) == len(told)


def test_one_moment_of_going_up_is_that_of_the_tier_it_came_to(session, load):
    load("disputes", ["纠纷编号", "纠纷类型", "登记时间", "层级", "提级时间", "化解时间", "回访时间", "满意度"],
         ["D1", "noise", MAY, "三级", "2024-06-01 08:00", JUNE, "2024-06-09", "非常满意"])  # fmt: skip
    assert steps(session, "D1")[1] == ("escalated", "import", datetime(2024, 6, 1, tzinfo=UTC))
    assert (dispute(session, "D1").rating, dispute(session, "D1").followed) == (5, 1)


def test_a_life_that_cannot_have_been_is_refused(session, load):
    head = [
        "number",
        "kind",
        "opened_at",
        "tier",
        "settled_at",
        "tier_2_at",
        "tier_3_at",
        "visited_at",
        "rating",
        "escalated_at",
    ]
    report = load(
        "disputes", head,
        ["D1", "noise", MAY, 1, JUNE, "2024-06-01", None, None, None, None],
        ["D2", "noise", MAY, 3, JUNE, "2024-06-02", "2024-06-01", None, None, None],
        ["D3", "noise", MAY, 2, JUNE, "2024-06-09", None, None, None, None],
        ["D4", "noise", MAY, 1, None, None, None, "2024-06-09", None, None],
        ["D5", "noise", MAY, 1, JUNE, None, None, "2024-06-01", None, None],
        ["D6", "noise", MAY, 1, JUNE, None, None, "2024-06-09", "6", None],
        ["D7", "noise", MAY, 1, JUNE, None, None, None, "none", None],
        ["D8", "noise", MAY, 1, JUNE, None, None, None, None, "2024-06-01"],
        ["D9", "noise", MAY, 1, JUNE, None, None, "2099-06-01", None, None],
    )  # fmt: skip
    assert [(one.line, one.reason) for one in report.rejected] == [
        (2, "tier_2_at is given, but its tier is lower"),
        (3, "tier_3_at lies before it was opened, or came to the tier below"),
        (4, "tier_2_at lies after its end, or now"), (5, "visited_at is given, but it is not settled"),
        (6, "visited_at lies before it was settled"), (7, "rating is no whole number from 1 to 5"),
        (8, "rating is no whole number from 1 to 5"), (9, "escalated_at is given, but its tier is the first"),
        (10, "visited_at lies in the future"),
    ]  # fmt: skip
