"""Scans answered by hand: what pages and the fast path need, without a database or a snapshot."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import escape

from gridmap.domain.codes import code_number, number_code
from gridmap.domain.plates import Answerer, Notice, ZoneName
from gridmap.domain.team import StationFacts
from gridmap.services.scan import Found, Part, PlateNotFound
from gridmap.store.snapshot.faults import SnapshotMissing
from gridmap.store.snapshot.segment import PlateRow
from gridmap.web import resident_shell as shell
from gridmap.web.resident_page import ResidentPages
from gridmap.web.resident_shapes import DOOR

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


#: White space of a text stands aside while the lines of a template are trimmed: that is for the template's own alone.
_ASIDE = {ord(space): 0xF000 + number for number, space in enumerate(" \t\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")}
_BACK = {aside: space for space, aside in _ASIDE.items()}
#: What no text on a page may hold.
_NEVER = dict.fromkeys((0, 0xE000, 0xE001))


def drawn_directly(pages: ResidentPages, scan: Found, wish: str) -> bytes:
    """Return the page of a scan as its template draws it from the whole answer: slow, and what every page has to equal."""
    answer = _translated(scan.answer())
    language = shell.chosen(wish, answer.languages)
    beside = "en" if language == "zh" else "zh"
    zone = ZoneInfo(answer.timezone)
    police = {"officer", "auxiliary"}
    told = ["moved", "damaged", "lost", "replaced", "retired"]
    drawn = pages._draw(
        "scan.html",
        language,
        {
            "answer": answer,
            "officers": [one for one in answer.people if one.role in police],
            "following": [one for one in answer.following if one.role in police]
            or [one for one in answer.following if one.role == "duty_desk"],
            "shown": answer.status if answer.status in told else "alive",
            "zones": [one for one in (answer.beat, answer.grid_cell) if one is not None],
            "until": shell.when(answer.valid_until.astimezone(zone), language),
            "until2": shell.when(answer.valid_until.astimezone(zone), beside),
            "edition": answer.edition,
            "published": "" if answer.published_at is None else f"{answer.published_at.astimezone(zone):%Y-%m-%d}",
            "when": lambda at: shell.when(at.astimezone(zone), language),
            "offers": shell.offers(answer.languages),
            "synthetic": answer.synthetic,
            "first_name": lambda zh, en: (en or zh) if language != "zh" else (zh or en),
            "second_name": lambda zh, en: (zh if en else "") if language != "zh" else en,
            "numbered": lambda role: "scan_badge" if role in police else "scan_number",
            "vias": ["duty", "substitute", "team", "neighbour"],
            "dial": shell.dial,
        },
    )
    as_of = answer.as_of.astimezone(zone)
    door = {
        "code": answer.plate,
        "village": answer.village,
        "street": answer.street,
        "tail": answer.number_tail,
        "as_of": shell.when(as_of, language),
        "as_of2": shell.when(as_of, beside),
        "new": answer.replaced_by or "",
    }
    given = [str(escape(door.get(name, ""))).encode("utf-8", "replace") for name in DOOR]
    given[DOOR.index("spaced")] = "-<wbr>".join(answer.plate[at : at + 4] for at in (0, 4, 8)).encode()
    return drawn.fill([b""] * drawn.holes, given).decode().translate(_BACK).encode()


def _translated(facts: Any) -> Any:
    """Return facts, in each of their texts no marks and white space aside."""
    if isinstance(facts, str):
        return facts.translate(_NEVER).translate(_ASIDE)
    if isinstance(facts, tuple):
        return tuple(_translated(one) for one in facts)
    if is_dataclass(facts) and not isinstance(facts, type):
        return replace(facts, **{one.name: _translated(getattr(facts, one.name)) for one in fields(facts)})
    return facts


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
