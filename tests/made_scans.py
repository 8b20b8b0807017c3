"""Scans answered by hand: what pages and the fast path need, without a database or a snapshot."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from gridmap.domain.codes import code_number, number_code
from gridmap.domain.plates import Answerer, Notice, ZoneName
from gridmap.domain.team import StationFacts
from gridmap.services.scan import Found, Part, PlateNotFound
from gridmap.store.snapshot.faults import SnapshotMissing
from gridmap.store.snapshot.segment import PlateRow

CODE, NEW, NONE = (number_code(number) for number in (123456789012345, 987654321098765, 555555555555555))
#: 12:00 in Shanghai; what is told holds until 18:00.
NOW, UNTIL = (datetime(2026, 11, 22, hour, tzinfo=UTC) for hour in (4, 10))

DESK = Answerer(9, "duty_desk", "desk", "成功派出所", "Chenggong Police Station", "", "000-6612 3456", "", "")
OFFICER = Answerer(1, "officer", "duty", "王建国", "Wang Jianguo", "041287", "000-6612 3461", "三仙里社区警务室", "")
STAND_IN = Answerer(2, "officer", "substitute", "", "", "041290", DESK.phone, "", "")
MEMBER = Answerer(5, "grid_member", "posting", "李秀英", "Li Xiuying", "W203", "000-6612 3470", "三仙里网格站", "")
HELPER = Answerer(6, "property_manager", "posting", "锦绣物业", "Jinxiu Property", "", "000-6612 3499", "", "")
WARNING = Notice("warning", "近期有人冒充燃气检查员。", "People posing as gas inspectors have called.", UNTIL)
INFO = Notice("info", "周六办理居住证。", "", None)
ALL = ("zh", "en", "ko", "ja", "vi", "ru", "fr", "es", "ar")


def station(**facts: Any) -> StationFacts:
    """Return a station."""
    given = {
        "code": "S1", "name_zh": "成功派出所", "name_en": "Chenggong Police Station", "desk_phone": DESK.phone,
        "timezone": "Asia/Shanghai", "synthetic": True, "published": frozenset({"names"}), "languages": ("ko",),
    } | facts  # fmt: skip
    return StationFacts(**given)


def part(**changes: Any) -> Part:
    """Return a part with an officer, a grid member, a property manager, two notices and who is next."""
    made = Part(
        since=0.0,
        until=UNTIL.timestamp(),
        station=station(),
        edition=3,
        published_at=NOW,
        beat=ZoneName("B1", "三仙里警格", "Sanxianli Beat"),
        grid_cell=ZoneName("C1", "三仙里第十网格", "Sanxianli Cell 10"),
        people=(OFFICER, MEMBER, HELPER, DESK),
        notices=(WARNING, INFO),
        valid_until=UNTIL,
        following=(STAND_IN, DESK),
    )
    return replace(made, **changes)


def found(code: str = CODE, made: Part | None = None, *, stale: bool = False, **row: Any) -> Found:
    """Return a plate on 人民东路, its number ending in 12号; `row` changes what its segment holds."""
    plain = PlateRow("installed", "人民东路", "三仙里社区", "B1", "C1", "12号", None)._replace(**row)
    return Found(code, plain, made or part(), NOW.timestamp(), NOW.timestamp(), stale)


def replaced(code: str = CODE) -> Found:
    """Return a plate that NEW stands for."""
    return found(code, status="replaced", replaced_by=code_number(NEW))


@dataclass
class MadeScans:
    """Answers what `plates` holds; `missing`: there is no snapshot."""

    plates: dict[str, Found] = field(default_factory=lambda: {CODE: found(CODE), NEW: found(NEW)})
    missing: bool = False

    def find(self, code: str, at: float | None = None) -> Found:
        """Return what was put under a code."""
        if self.missing:
            raise SnapshotMissing("there is no snapshot")
        if code not in self.plates:
            raise PlateNotFound("no plate bears this code: read it again, or call the station", plate=code)
        kept = self.plates[code]
        return kept if at is None else kept._replace(at=at)
