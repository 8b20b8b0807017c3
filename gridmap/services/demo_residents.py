"""What residents of the made-up station have done: plates hang, a few have reported something, a notice is up. Made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.codes import number_code
from gridmap.services import notices, plate_life
from gridmap.services.notices import Wish
from gridmap.services.reports.cases import take_step
from gridmap.services.reports.keys import Keys
from gridmap.services.reports.sending import Contact, Sending, send
from gridmap.services.sealing import Sealer
from gridmap.store import reports

#: kind, words, steps that followed. Every word is made up.
REPORTS = (
    ("hazard", "楼道里堆了纸箱和电动车，通不过人，晚上也在充电。（演示）", ("accepted", "in_hand")),
    ("dispute", "楼上装修从早到晚，说了几次不听，孩子没法午睡。（演示）", ("accepted",)),
    ("visit", "老人独居，想请网格员上门看一下燃气软管。（演示）", ("accepted", "settled")),
    ("hazard", "巷口井盖松了，骑车经过很响，怕有人摔倒。（演示）", ()),
    ("other", "门牌被广告贴住了一半。（演示）", ("accepted", "in_hand", "settled", "closed")),
    ("dispute", "邻居把花盆摆在公共通道，出门要侧身。（演示）", ()),
)
NOTICES = (
    ("info", "本周六上午 9 点，社区广场有反诈宣传。（演示）", "Talk on fraud, Saturday 9:00, community square. (made up)"),
    ("warning", "近日有人冒充燃气检修上门收费，请先核实证件。（演示）", "People pretend to check gas pipes and ask for money: see their papers first. (made up)"),
)  # fmt: skip


def fill(session: Session, station: str, *, secret: str, seal_key: bytes, by: str) -> None:
    """Hang the plates of all beats but the last, post notices, and send a few reports from doors that have officers."""
    living = session.execute(
        text("""SELECT p.code, z.beat FROM plate p JOIN edition e ON e.station = p.station AND e.status = 'published'
                JOIN assignment z ON z.edition_id = e.id AND z.plate = p.code WHERE p.station = :station
                ORDER BY z.beat, p.code"""),
        {"station": station},
    ).all()
    last = living[-1].beat
    plate_life.record(session, station, [row.code for row in living if row.beat != last], "installed", by=by)
    now = datetime.now(UTC)
    for kind, zh, en in NOTICES:
        notices.add(session, station, Wish(zh, en, kind, until=now + timedelta(days=365)), by=by)
    keys, sealer = Keys(secret), Sealer(seal_key)
    first = [row.code for row in living if row.beat == living[0].beat]
    for place, (kind, words, steps) in enumerate(REPORTS):
        sending = Sending(
            kind=kind,
            words=words,
            send_key=f"demo-{number_code(place)}",
            happened_at=now - timedelta(hours=2) if kind != "visit" else None,
            contact=Contact(name="演示", phone=f"0000-557{place:04d}"),
        )
        receipt = send(session, first[place * 7], sending, keys, sealer)
        for step in steps:
            report = reports.get(session, receipt.report)
            if report is not None:
                take_step(session, report, step, by=f"officer/{by}", note="演示" if step == "settled" else "")


#: States of plates that hang, or may.
LIVING = ("issued", "printed", "installed", "damaged", "lost", "moved")


def neighbours(session: Session, plate: str, count: int = 12) -> list[str]:
    """Return the plates of doors near a plate, itself first; one query."""
    found = session.scalars(
        text("""SELECT q.code FROM plate p JOIN address a ON a.id = p.address_id
                JOIN address b ON b.station = a.station JOIN plate q ON q.address_id = b.id AND q.retired_at IS NULL
                WHERE p.code = :plate ORDER BY b.geom <-> a.geom, q.code LIMIT :count"""),
        {"plate": plate, "count": count},
    )
    return [str(code) for code in found]
