"""What a resident sends is kept once, in the right place, and neither a flood nor a crowd shuts anybody out."""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.codes import new_plate_code
from gridmap.domain.reports import Limits
from gridmap.services.reports import following
from gridmap.services.reports.keys import Keys
from gridmap.services.reports.sending import (
    Contact,
    PlateRetired,
    ReportNotValid,
    SentBefore,
    TooManyReports,
    check,
    send,
)
from gridmap.services.scan import PlateNotFound
from gridmap.services.sealing import Sealer
from tests import makers
from tests.services.reports.conftest import KEYS, SEALER, Doors, sending

COUNT = "SELECT count(*) FROM {}"


def count(session: Session, table: str) -> int:
    return int(session.scalar(text(COUNT.format(table))) or 0)


def row(session: Session, query: str) -> tuple[object, ...]:
    return tuple(session.execute(text(query)).one())


def test_a_hazard_becomes_an_incident_at_its_door(report, doors: Doors, session: Session) -> None:
    receipt = report("楼道堆满杂物")
    assert row(session, "SELECT station, number, category, source, address_id FROM incident") == (
        "S001", f"R-{receipt.report}", "help", "resident", doors.address,
    )  # fmt: skip
    assert row(session, "SELECT ST_Equals(i.geom, a.geom) FROM incident i JOIN address a ON a.id = i.address_id") == (
        True,
    )
    # A hazard runs the loop of disputes in short, and is no dispute.
    assert row(session, "SELECT matter, number, settle_by - opened_at = interval '3 days' FROM dispute") == (
        "hazard", f"R-{receipt.report}", True,
    )  # fmt: skip
    state, due = row(session, "SELECT state, due_at - at FROM report")
    assert (state, due) == ("received", timedelta(minutes=30))
    assert row(session, "SELECT what, by FROM report_event") == ("received", "")


def test_a_quarrel_becomes_a_dispute_of_tier_1_with_its_first_event(report, session: Session) -> None:
    receipt = report("邻居占用车位", "dispute")
    assert row(session, "SELECT number, kind, tier, state, settle_by > opened_at + interval '29 days' FROM dispute") == (
        f"R-{receipt.report}", "other_dispute", 1, "open", True,
    )  # fmt: skip
    assert row(session, "SELECT what, by FROM dispute_event") == ("opened", "resident")
    linked = "SELECT d.incident_id = i.id AND r.incident_id = i.id AND r.dispute_id = d.id FROM report r, incident i, dispute d"
    assert row(session, linked) == (True,)


def test_a_wish_for_a_visit_is_no_incident(report, session: Session) -> None:
    report("", "visit", happened_at=datetime.now(UTC) + timedelta(days=3))
    assert (count(session, "incident"), count(session, "report")) == (0, 1)


def test_a_database_without_the_categories_keeps_the_report_all_the_same(report, sessions, session: Session) -> None:
    with sessions.begin() as owner:
        owner.execute(text("DELETE FROM incident_category"))
    report()
    assert row(session, "SELECT state, incident_id FROM report") == ("received", None)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"kind": "murder"}, "kind"), ({"words": "  "}, "words"), ({"words": "x" * 2001}, "words"),
        ({"send_key": "short"}, "send_key"), ({"send_key": "x" * 65}, "send_key"), ({"photos": (b"",) * 4}, "photos"),
        ({"contact": Contact(phone="1" * 101)}, "phone"), ({"happened_at": datetime.now(UTC) + timedelta(hours=1)}, "happened_at"),
        ({"happened_at": datetime(1999, 1, 1, tzinfo=UTC)}, "happened_at"),
        ({"kind": "visit", "happened_at": datetime.now(UTC) + timedelta(days=61)}, "happened_at"),
    ],
)  # fmt: skip
def test_what_is_missing_or_impossible_is_told_by_field_before_the_database_is_asked(facts, field: str) -> None:
    with pytest.raises(ReportNotValid) as told:
        check(sending(**facts), datetime.now(UTC))
    assert told.value.facts["field"] == field


def test_the_same_key_gives_the_same_receipt_and_nothing_twice(report, session: Session) -> None:
    key = secrets.token_urlsafe(18)
    first, second = report(send_key=key), report(send_key=key)
    assert (first.code, first.report) == (second.code, second.report)
    assert (first.again, second.again) == (False, True)
    assert [count(session, table) for table in ("report", "report_event", "incident")] == [1, 1, 1]


def test_words_changed_before_sending_again_are_added_once(report, session: Session) -> None:
    key = secrets.token_urlsafe(18)
    report("灯坏了", send_key=key)
    for _ in range(2):
        report("灯坏了，楼梯很黑", send_key=key)
    assert session.execute(text("SELECT what, note FROM report_event ORDER BY id")).all() == [
        ("received", ""), ("added", "灯坏了，楼梯很黑"),
    ]  # fmt: skip


def test_eight_at_once_with_one_key_keep_one_report(
    app_sessions: sessionmaker[Session], doors: Doors, session: Session
) -> None:
    one, start = sending(kind="dispute"), threading.Barrier(8)

    def press(_: int) -> str:
        start.wait()
        with app_sessions.begin() as mine:
            return send(mine, doors.plate, one, KEYS, SEALER).code

    # Each thread has a connection of its own.
    with ThreadPoolExecutor(8) as crowd:
        codes = set(crowd.map(press, range(8)))
    assert len(codes) == 1
    assert [count(session, table) for table in ("report", "incident", "dispute")] == [1, 1, 1]


def test_eight_at_once_about_the_same_matter_make_one_incident(app_sessions, doors: Doors, session: Session) -> None:
    start = threading.Barrier(8)

    def press(who: int) -> int | None:
        start.wait()
        with app_sessions.begin() as mine:
            return send(
                mine, doors.plate, sending(device=f"phone {who}"), KEYS, SEALER, Limits(plate_hour=99)
            ).joined_to

    with ThreadPoolExecutor(8) as crowd:
        joined = list(crowd.map(press, range(8)))
    assert joined.count(None) == 1
    assert len(set(joined)) == 2
    assert [count(session, table) for table in ("report", "incident")] == [8, 1]


def test_the_service_s_new_secret_makes_no_second_report(report, app_sessions, doors: Doors, session: Session) -> None:
    key = secrets.token_urlsafe(18)
    report(send_key=key)
    with pytest.raises(SentBefore, match="0000-110"), app_sessions.begin() as mine:
        send(mine, doors.plate, sending(send_key=key), Keys("another secret"), SEALER)
    assert count(session, "report") == 1


def test_what_a_neighbour_says_alike_is_joined_and_keeps_its_own_receipt(report, session: Session) -> None:
    first = report("楼道里堆了很多杂物，挡住了消防通道", device="a")
    second = report("楼道里堆了好多杂物，把消防通道挡住了", device="a")
    assert second.joined_to == first.report
    assert second.code != first.code
    assert count(session, "incident") == 1
    events = session.execute(
        text("SELECT report_id, note FROM report_event WHERE what = 'joined' ORDER BY report_id")
    ).all()
    assert events == [(first.report, str(second.report)), (second.report, str(first.report))]


@pytest.mark.parametrize(
    ("words", "kind", "device", "joined"),
    [
        ("井盖不见了", "hazard", "b", True),  # another phone at the same moment: the same matter
        ("井盖不见了", "hazard", "a", False),  # the same phone says something else
        ("楼道堆满杂物", "other", "b", False),  # another kind
        ("楼道着火了", "hazard", "b", False),  # an emergency never hides behind what is none
    ],
)
def test_who_is_joined(report, words: str, kind: str, device: str, joined: bool) -> None:
    first = report("楼道堆满杂物", device="a")
    assert (report(words, kind, device=device).joined_to == first.report) == joined


def test_another_door_or_another_day_is_another_matter(report, doors: Doors, sessions) -> None:
    report(device="a")
    assert report(device="b", plate=doors.other).joined_to is None
    with sessions.begin() as owner:
        owner.execute(text("UPDATE report SET at = at - interval '25 hours'"))
    assert report(device="c").joined_to is None


def test_an_urgent_report_has_ten_minutes_and_is_marked(report, session: Session) -> None:
    assert report("楼上着火了").urgent
    assert row(session, "SELECT urgent, due_at - at FROM report") == (True, timedelta(minutes=10))


def test_numbers_are_masked_and_the_contact_is_sealed(report, session: Session) -> None:
    told = Contact("王某", "13800138000", "晚上")
    receipt = report("找我13800138000，身份证11010519491231002X", contact=told)
    sealed = session.scalar(text("SELECT sealed FROM report_contact"))
    assert row(session, "SELECT words FROM report") == ("找我***，身份证***",)
    everything = session.scalar(
        text("SELECT string_agg(r::text, '') || (SELECT string_agg(e::text, '') FROM report_event e) FROM report r")
    )
    for secret in ("13800138000", "11010519491231002X", "王某"):
        assert secret not in everything
        assert secret.encode() not in bytes(sealed)
    opened = SEALER.open(bytes(sealed), f"report {receipt.report} contact")
    assert all(one in opened for one in ("13800138000", "11010519491231002X", "王某", "晚上"))
    assert session.scalar(text("SELECT count(*) FROM audit WHERE after::text LIKE '%138%'")) == 0


def test_nothing_is_sealed_where_nothing_was_told(report, session: Session) -> None:
    report()
    assert count(session, "report_contact") == 0


def test_a_fourth_from_one_plate_is_held_and_becomes_nothing_yet(report, session: Session) -> None:
    receipts = [report(f"{word}坏了", device="a") for word in ("路灯", "井盖", "门锁", "电梯按钮")]
    assert [one.held for one in receipts] == [False, False, False, True]
    assert [count(session, table) for table in ("report", "incident")] == [4, 3]


def test_a_sixth_from_one_phone_in_a_day_is_held_whatever_the_plate(report, doors: Doors) -> None:
    held = [report(f"第{n}件事", "other", device="a", plate=(doors.plate, doors.other)[n % 2]).held for n in range(6)]
    assert held == [False] * 5 + [True]


def test_a_building_of_200_households_is_never_shut_out(app_sessions, sessions, doors: Doors, session: Session) -> None:
    with sessions.begin() as owner:
        plates = []
        for n in range(200):
            door = makers.make_door(owner, 0.3, 0.3, code=f"T{n}")
            plates.append(makers.make_plate(owner, new_plate_code(), door).code)
    with app_sessions() as mine:  # one address for all of them: the building's router
        for n, plate in enumerate(plates):
            with mine.begin():
                held = send(mine, plate, sending("停电了", device=f"phone {n}", block="house"), KEYS, SEALER).held
            assert held == (n >= 30)
        with pytest.raises(TooManyReports, match="0000-110"), mine.begin():
            send(mine, doors.plate, sending(block="house"), KEYS, SEALER)
        with mine.begin():  # and next door nobody notices
            assert not send(mine, doors.plate, sending(block="next house"), KEYS, SEALER).held
    assert count(session, "report") == 201


def test_a_flood_from_one_plate_ends_at_its_cap_with_the_desk_s_number(
    app_sessions, doors: Doors, session: Session
) -> None:
    with app_sessions() as mine:
        for n in range(30):
            with mine.begin():
                send(mine, doors.plate, sending(f"flood {n}", device=f"{n}"), KEYS, SEALER)
        with pytest.raises(TooManyReports) as told, mine.begin():
            send(mine, doors.plate, sending("one more"), KEYS, SEALER)
    assert told.value.facts["desk_phone"] == "0000-110"
    assert count(session, "report") == 30


def test_a_replaced_plate_leads_to_the_new_one_s_door(report, doors: Doors, sessions, session: Session) -> None:
    new = new_plate_code()
    with sessions.begin() as owner:
        owner.execute(text("UPDATE plate SET status = 'replaced', retired_at = now(), replaced_by = :new WHERE code = :old"),
                      {"new": new, "old": doors.plate})  # fmt: skip
        owner.execute(
            text("INSERT INTO plate (code, station, address_id) VALUES (:new, 'S001', :id)"),
            {"new": new, "id": doors.address},
        )
    report()
    assert row(session, "SELECT plate, address_id FROM report") == (doors.plate, doors.address)


def test_a_retired_plate_is_refused_with_the_desk_s_number(report, doors: Doors, sessions) -> None:
    with sessions.begin() as owner:
        owner.execute(
            text("UPDATE plate SET status = 'retired', retired_at = now() WHERE code = :old"), {"old": doors.plate}
        )
    with pytest.raises(PlateRetired) as told:
        report()
    assert told.value.facts["desk_phone"] == "0000-110"


def test_a_plate_nobody_issued_is_none(report) -> None:
    with pytest.raises(PlateNotFound):
        report(plate=new_plate_code())


def test_a_stranger_s_transaction_sees_one_station(app_sessions, doors: Doors, sessions) -> None:
    with sessions.begin() as owner:
        makers.make_station(owner, "S002", x=10)
        door = makers.make_door(owner, 10.5, 0.5, station="S002")
        other = makers.make_plate(owner, new_plate_code(), door).code
    with app_sessions.begin() as mine:
        send(mine, other, sending(), KEYS, SEALER)
        send(mine, doors.plate, sending(), KEYS, SEALER)
        assert mine.scalars(text("SELECT station FROM report")).all() == ["S001"]


def test_pictures_are_kept_in_order(report, session: Session) -> None:
    receipt = report(photos=(b"one", b"two"))
    assert session.execute(text("SELECT number, jpeg FROM report_photo ORDER BY number")).all() == [
        (1, b"one"),
        (2, b"two"),
    ]
    assert following.track(session, receipt.code).photos == 2


def test_another_key_does_not_open_a_contact(report, session: Session) -> None:
    report(contact=Contact(phone="0000-119"))
    sealed = bytes(session.scalar(text("SELECT sealed FROM report_contact")))
    with pytest.raises(Exception, match="another key"):
        Sealer(bytes(32)).open(sealed, "report 1 contact")
