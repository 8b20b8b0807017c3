"""What the desk of the made-up station has before it: Nancheng's loop, and disputes of the last weeks on their way. Made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.access import Actor, Role
from gridmap.domain.dispute_words import Holder, Wish
from gridmap.services.disputes import acting, configure, opening
from gridmap.services.disputes.opening import Intake

LOOP: Final = Path("loops") / "nancheng.toml"
#: kind, grade of its days ago, words, marks, steps with a note. Every word is made up; "M" is the mediator's step.
CASES: Final = (
    ("neighbours", 0.1, "楼上空调滴水，淋湿楼下晾的被子。（演示）", (), ()),
    ("family", 0.3, "兄弟二人为老人轮流照料起争执。（演示）", (), (("accepted", ""),)),
    ("housing", 1.2, "物业停了门禁卡，住户不交物业费。（演示）", (), (("begun", ""), ("visited", "到两家听了情况"))),
    ("neighbours", 0.35, "宅基地边界的排水沟被填。（演示）", (), (("begun", ""), ("passed_on", "涉及宅基地，请接手"))),
    ("labour", 3.1, "装修队三名工人讨要半个月工钱。（演示）", ("worse",), (("begun", ""), ("mediated", "老板愿先付一半"))),
    ("debt", 4.6, "合伙买货车，散伙时账算不拢。（演示）", (), (("begun", ""), ("paused", "等对账单"))),
    ("consumer", 6.0, "理发店充卡后关门，十几人要退钱。（演示）", (), (("begun", ""), ("escalated", "人多，请小法庭接手"))),
    ("land", 8.5, "承包地转租，租金涨价不认旧约。（演示）", ("threats",), (("accepted", ""), ("begun", ""), ("convened", "请三方一起坐下来谈"))),
    ("school", 9.0, "两个学生打闹受伤，家长要求赔偿。（演示）", (), (("begun", ""), ("settled", "医药费各担一半，孩子互相道歉"))),
    ("neighbours", 33.0, "广场舞音响吵到夜班司机。（演示）", (), (("begun", ""), ("settled", "音响九点半关，音量调小"))),
    ("traffic_dispute", 36.0, "倒车剐蹭，双方都不认责任。（演示）", (), (("begun", ""), ("settled", "走保险，互不追究"), ("followed_up", "都说没再来往"))),
    ("other_dispute", 1.0, "有人在楼道口收购药品，像是医保药贩。（演示）", (), ()),
)  # fmt: skip


def fill(session: Session, station: str, folder: Path, *, officer: Actor, by: str) -> None:
    """Let the station follow Nancheng's loop, give the mediator's log-in a mediator, and take a dozen disputes in."""
    path = folder / LOOP
    configure.load(session, configure.check_file(path.read_text(encoding="utf-8"), path.name), (station,), by=by)
    session.execute(
        text("""UPDATE account SET person_id = (SELECT m.person_id FROM mediator m JOIN person p ON p.id = m.person_id
                  WHERE m.station = :station AND m.body = 'court' ORDER BY p.code LIMIT 1)
                WHERE demo AND role = 'mediator'"""),
        {"station": station},
    )
    doors = session.scalars(
        text("""SELECT a.id FROM address a JOIN plate p ON p.address_id = a.id AND p.retired_at IS NULL
                JOIN assignment z ON z.plate = p.code JOIN posting o ON o.beat = z.beat AND o.station = z.station
                WHERE a.station = :station AND o.person_id = :person AND a.households > 0 ORDER BY a.id"""),
        {"station": station, "person": officer.person_id},
    ).all()
    step = max(len(doors) // (len(CASES) + 1), 1)
    now = datetime.now(UTC)
    for n, (kind, days, words, marks, steps) in enumerate(CASES):
        opened = now - timedelta(days=days)
        matter = "tip" if kind == "other_dispute" else "dispute"
        intake = Intake(kind, words, matter, "visit", address_id=doors[n * step], opened_at=opened, marks=marks,
                        to=Holder(person=officer.person_id) if n % 2 else Holder())  # fmt: skip
        done = opening.take_in(session, station, intake, by=officer.login, role=str(Role.OFFICER), now=opened)
        for place, (what, note) in enumerate(steps, 1):
            wish = Wish(
                what, note or "演示", Holder(body="court") if what == "passed_on" else Holder(),
                ("joint_table",) if what == "convened" else (), now + timedelta(days=5), 5 if what == "followed_up" else None,
            )  # fmt: skip
            at = opened + (now - opened) * place / (len(steps) + 4)
            done = acting.act(session, officer, station, done.dispute, wish, version=done.version, now=at)


def officer_of(session: Session, station: str) -> Actor:
    """Return the demo's officer as somebody who asks."""
    row = session.execute(
        text(
            "SELECT id, login, display_name, person_id FROM account WHERE demo AND role = 'officer' ORDER BY id LIMIT 1"
        )
    ).one()
    return replace(Actor(row.id, row.login, row.display_name, Role.OFFICER, (station,)), person_id=row.person_id)
