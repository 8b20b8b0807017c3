"""Staff see reports of their ground, take steps on what they have read, and leave a trace when they look."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.access import Actor, Role, RoleMayNot, StationNotInScope
from gridmap.domain.dispute_words import Holder, Wish
from gridmap.domain.reports import ReportStepNotPossible
from gridmap.errors import Invalid
from gridmap.services.disputes import acting
from gridmap.services.disputes.reported import DisputeCannotFollow, ReportCannotFollow
from gridmap.services.own_ground import NoCells
from gridmap.services.reports import desk, following
from gridmap.services.reports.desk import NeedsReason, ReportJoined, ReportNotFound, StepNeedsNote
from gridmap.services.reports.locking import ReportMoved
from gridmap.services.reports.sending import Contact
from gridmap.store import dispute_rows
from tests.services.reports.conftest import OFFICER, SEALER, Doors


def test_the_list_shows_open_reports_newest_first_and_pages(report, staff) -> None:
    sent = [report(f"{word}坏了", "other", device="a").report for word in ("路灯", "井盖")]
    report("路灯坏了！", "other", device="b")
    assert [(line.id, line.others) for line in staff(desk.open_reports)] == [(sent[1], 0), (sent[0], 1)]
    assert [line.id for line in staff(desk.open_reports, before_id=sent[1], limit=1)] == [sent[0]]
    staff(desk.step, sent[0], "settled", "修好了", expected_state="received")
    assert [line.id for line in staff(desk.open_reports)] == [sent[1]]
    assert [line.id for line in staff(desk.open_reports, states=("settled",))] == [sent[0]]
    assert staff(desk.open_reports, kinds=("visit",)) == []


def test_a_grid_member_sees_reports_of_their_own_cells_only(report, staff, doors: Doors) -> None:
    near, far = report().report, report(plate=doors.other).report
    assert [line.id for line in staff(desk.open_reports)] == [far, near]
    assert [line.id for line in staff(desk.open_reports, actor=doors.member)] == [near]
    assert staff(desk.waiting)["open"] == 2
    assert staff(desk.waiting, actor=doors.member)["open"] == 1
    assert staff(desk.look, near, actor=doors.member).line.grid_cell == "A1"
    for what, args in ((desk.look, ()), (desk.photo, (1,)), (desk.release, ())):
        with pytest.raises(ReportNotFound):
            staff(what, far, *args, actor=doors.member)
    with pytest.raises(ReportNotFound):
        staff(desk.contact, far, SEALER, reason="long enough", actor=doors.member)
    with pytest.raises(ReportNotFound):
        staff(desk.step, far, "accepted", expected_state="received", actor=doors.member)
    with pytest.raises(NoCells):
        staff(desk.open_reports, actor=Actor(3, "new", "new", Role.GRID_MEMBER, ("S001",)))


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in {Role.OFFICER, Role.GRID_MEMBER, Role.COMMANDER}]
)
def test_other_roles_see_none(staff, doors: Doors, role: Role) -> None:
    with pytest.raises(RoleMayNot):
        staff(desk.open_reports, actor=Actor(4, "x", "x", role, ("S001",)))


def test_a_commander_reads_and_does_not_work_on_them(report, staff) -> None:
    receipt, commander = report(contact=Contact(phone="1")), Actor(5, "c", "c", Role.COMMANDER, ("S001",))
    assert staff(desk.look, receipt.report, actor=commander).line.contact
    with pytest.raises(RoleMayNot):
        staff(desk.step, receipt.report, "accepted", expected_state="received", actor=commander)
    with pytest.raises(RoleMayNot):
        staff(desk.contact, receipt.report, SEALER, reason="long enough", actor=commander)


def test_another_station_s_officer_sees_none(report, app_sessions) -> None:
    receipt = report()
    foreign = Actor(6, "f", "f", Role.OFFICER, ("S002",))
    with app_sessions.begin() as session, pytest.raises(StationNotInScope):
        desk.look(session, foreign, "S001", receipt.report)


def test_looking_and_opening_the_contact_leave_a_trace_but_not_the_number(report, staff, session: Session) -> None:
    receipt = report(contact=Contact("王某", "13800138000", "晚上"))
    seen = staff(desk.look, receipt.report)
    assert "13800138000" not in repr(seen)
    for reason in ("", "   ", "x  "):
        with pytest.raises(NeedsReason):
            staff(desk.contact, receipt.report, SEALER, reason=reason)
    opened = staff(desk.contact, receipt.report, SEALER, reason="约定走访时间")
    assert opened.contact == Contact("王某", "13800138000", "晚上")
    rows = session.execute(text("SELECT by, action, after FROM audit WHERE thing LIKE 'report %' ORDER BY id")).all()
    assert rows == [("zhang", "look at report", None), ("zhang", "open contact", {"reason": "约定走访时间"})]


def test_no_contact_is_none(report, staff) -> None:
    assert staff(desk.contact, report().report, SEALER, reason="约定走访时间") is None


def test_a_step_on_what_has_moved_is_refused(report, staff) -> None:
    receipt = report()
    staff(desk.step, receipt.report, "accepted", expected_state="received")
    with pytest.raises(ReportMoved) as told:
        staff(desk.step, receipt.report, "not_ours", "x", expected_state="received")
    assert told.value.facts["state"] == "accepted"


def test_of_two_officers_at_once_one_is_told_that_it_has_moved(report, staff) -> None:
    receipt, start = report(), threading.Barrier(2)

    def press(what: str) -> str:
        start.wait()
        try:
            staff(desk.step, receipt.report, what, "done", expected_state="received")
        except ReportMoved:
            return "moved"
        return "done"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(press, ("settled", "not_ours"))) == ["done", "moved"]


@pytest.mark.parametrize("what", ["received", "withdrawn", "added", "rated", "joined", "released", "dance"])
def test_what_is_the_reporter_s_staff_cannot_do(report, staff, what: str) -> None:
    with pytest.raises(Invalid):
        staff(desk.step, report().report, what, "x", expected_state="received")


def test_an_end_needs_a_sentence_and_a_possible_step(report, staff) -> None:
    receipt = report()
    for what, note in (("settled", ""), ("not_ours", "  "), ("note", ""), ("accepted", "x" * 2001)):
        with pytest.raises(StepNeedsNote):
            staff(desk.step, receipt.report, what, note, expected_state="received")
    with pytest.raises(ReportStepNotPossible):
        staff(desk.step, receipt.report, "closed", expected_state="received")


def test_the_dispute_follows_its_report(report, staff, session: Session) -> None:
    receipt, state, followed = report("邻居占用车位", "dispute"), "received", []
    for step in ("accepted", "in_hand", "settled", "closed", "reopened"):
        state = staff(desk.step, receipt.report, step, "x", expected_state=state).line.state
        followed.append(session.execute(text("SELECT state, tier FROM dispute")).one())
        session.rollback()
    # The report may be closed at once; its dispute waits for the visit that asks how it goes. Again is one tier up.
    assert followed == [("accepted", 1), ("in_hand", 1), ("settled", 1), ("settled", 1), ("open", 2)]
    events = session.scalars(text("SELECT what FROM dispute_event ORDER BY id")).all()
    assert events == ["opened", "accepted", "begun", "settled", "reopened"]


def test_a_report_settled_at_once_takes_its_dispute_along(report, staff, session: Session) -> None:
    receipt = report("邻居占用车位", "dispute")
    staff(desk.step, receipt.report, "settled", "已劝和", expected_state="received")
    assert session.execute(text("SELECT what, note FROM dispute_event ORDER BY id")).all() == [
        ("opened", ""), ("begun", "已劝和"), ("settled", "已劝和"),
    ]  # fmt: skip


def test_what_a_dispute_cannot_follow_is_done_at_neither_and_the_reason_told(
    report, staff, doors, session: Session
) -> None:
    receipt = report("邻居占用车位", "dispute")
    dispute = session.scalar(text("SELECT dispute_id FROM report"))
    session.rollback()
    wish = Wish("passed_on", "请接手", Holder(body="desk"))
    staff(acting.act, dispute, wish, version=1)

    def tried(held, *args, **facts):
        """Go on with the session after the refusal, as the page does that shows it."""
        with pytest.raises(DisputeCannotFollow, match=r"is handed and cannot follow \(.*not settled\)"):
            desk.step(held, *args, **facts)

    staff(tried, receipt.report, "settled", "已劝和", expected_state="received")
    kept = "SELECT r.state, d.state, d.version, (SELECT count(*) FROM report_event) FROM report r, dispute d"
    assert session.execute(text(kept)).one() == ("received", "handed", 2, 1)


def test_what_a_reporter_withdrew_is_not_opened_again_at_the_desk(
    report, staff, app_sessions, session: Session
) -> None:
    receipt = report("邻居占用车位", "dispute")
    dispute = session.scalar(text("SELECT dispute_id FROM report"))
    session.rollback()
    with app_sessions.begin() as stranger:
        following.withdraw(stranger, receipt.code)

    def tried(held, *args, **facts):
        with pytest.raises(ReportCannotFollow, match="is withdrawn"):
            acting.act(held, *args, **facts)

    staff(tried, dispute, Wish("reopened", "又吵"), version=2)
    kept = "SELECT r.state, d.state, d.version FROM report r, dispute d"
    assert session.execute(text(kept)).one() == ("withdrawn", "withdrawn", 2)


def test_a_held_report_that_is_through_opens_no_dispute(report, staff, session: Session) -> None:
    held = [report(f"{word}坏了", device="a") for word in ("路灯", "井盖", "门锁", "电梯")][-1]
    staff(desk.step, held.report, "settled", "已修", expected_state="received")
    with pytest.raises(ReportMoved):
        staff(desk.release, held.report)
    assert session.scalar(text("SELECT state FROM report WHERE id = :id"), {"id": held.report}) == "settled"


def test_the_report_follows_what_is_done_at_the_desk_in_sentences_for_residents(
    report, staff, session: Session
) -> None:
    receipt = report("邻居占用车位", "dispute")
    dispute = session.scalar(text("SELECT dispute_id FROM report"))
    session.rollback()
    for version, wish in enumerate(
        (Wish("begun"), Wish("escalated", "张某不肯"), Wish("begun"), Wish("settled", "张某赔礼")), 1
    ):
        staff(acting.act, dispute, wish, version=version)
    seen = staff(desk.look, receipt.report)
    assert seen.line.state == "settled"
    assert [event.what for event in seen.events] == ["received", "in_hand", "settled"]
    assert "张某" not in "".join(event.note for event in seen.events)
    assert dispute_rows.lost(session, ["S001"]) == []


def test_steps_of_a_joined_report_are_taken_where_it_was_joined(report, staff) -> None:
    first, second = (report(device=device) for device in "ab")
    with pytest.raises(ReportJoined) as told:
        staff(desk.step, second.report, "accepted", expected_state="received")
    assert told.value.facts["report"] == first.report
    assert staff(desk.look, second.report).can == ("note", "called_back")
    seen = staff(desk.look, first.report)
    assert [one for one, _ in seen.joined] == [second.report]
    assert seen.can == ("accepted", "in_hand", "settled", "not_ours", "note", "called_back")


def test_a_held_report_counts_once_somebody_has_looked(report, staff, session: Session) -> None:
    held = [report(f"{word}坏了", device="a") for word in ("路灯", "井盖", "门锁", "电梯")][-1]
    assert held.held
    assert held.report not in [line.id for line in staff(desk.open_reports)]
    assert [line.id for line in staff(desk.open_reports, held=True)] == [held.report]
    assert staff(desk.waiting)["held"] == 1
    released = staff(desk.release, held.report)
    assert (released.line.held, released.line.incident_id is not None) == (False, True)
    assert session.scalar(text("SELECT count(*) FROM incident")) == 4
    with pytest.raises(ReportMoved):
        staff(desk.release, held.report)


def test_a_late_report_is_marked(report, staff, sessions) -> None:
    receipt = report("楼上着火了")
    with sessions.begin() as owner:
        owner.execute(text("UPDATE report SET due_at = now() - interval '1 minute'"))
    assert staff(desk.look, receipt.report).line.late
    assert staff(desk.waiting) == {"open": 1, "urgent": 1, "late": 1, "held": 0, "call_back": 0}


def test_a_picture_is_shown_to_staff(report, staff) -> None:
    receipt = report(photos=(b"jpeg",))
    assert staff(desk.photo, receipt.report, 1, actor=OFFICER) == b"jpeg"
    with pytest.raises(ReportNotFound):
        staff(desk.photo, receipt.report, 2)
