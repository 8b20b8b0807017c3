"""The people of a made-up station: posted, on leave, stood in for, and in a few places missing."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.synthetic import words
from gridmap.synthetic.seeds import stream

TRADES = (
    "environment", "housing", "traffic", "womens_federation", "education", "labour", "market_quality",
    "natural_resources", "health", "village_lawyer", "village_lawyer", "village_lawyer",
)  # fmt: skip
COLUMNS = [
    "code",
    "name",
    "name_en",
    "role",
    "phone",
    "service_phone",
    "badge",
    "office",
    "beat",
    "grid_cell",
    "trade",
    "from",
    "to",
    "synthetic",
]
LEAVE_COLUMNS = ["person", "from", "to", "substitute", "reason", "synthetic"]
SINCE = "2023-11-01"


def nobody() -> pd.DataFrame:
    """Return an empty table of people."""
    return pd.DataFrame(columns=COLUMNS)


def no_leave() -> pd.DataFrame:
    """Return an empty table of leave."""
    return pd.DataFrame(columns=LEAVE_COLUMNS)


def post(
    seed: int, position: tuple[int, int], zones: gpd.GeoDataFrame, wrong: list[dict[str, object]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return people with their postings, a row a posting, and leave.

    There are as many officers and auxiliaries together as beats, about two officers to one auxiliary: every third beat
    shares its officer with the beat before it, and there an auxiliary helps. One beat has no officer, one cell's posting
    has ended, one officer is away without a substitute: told in `wrong`.

    Parameters
    ----------
    zones
        Beats and grid cells (`kind`, `code`, `name_zh`), at least four beats.
    """
    staff = _Staff(stream(seed, "people", *position), dict(zip(zones["code"], zones["name_zh"], strict=True)))
    beats = list(zones.loc[zones["kind"] == "beat", "code"])
    cells = list(zones.loc[zones["kind"] == "grid_cell", "code"])
    vacant, ended = beats[len(beats) // 2], cells[len(cells) // 3]
    held = [beat for beat in beats if beat != vacant]
    officers = max(3, -(-2 * len(held) // 3))
    shared = len(held) - officers  # so many officers hold two beats
    double = [staff.add("officer", beat=held[2 * i], second=held[2 * i + 1]) for i in range(shared)]
    single = [staff.add("officer", beat=beat) for beat in held[2 * shared :]]
    for i in range(len(beats) - officers):
        staff.add("auxiliary", beat=held[2 * i + 1] if i < shared else held[0])
    for cell in cells:
        staff.add("grid_member", cell=cell, until="2026-06-30" if cell == ended else "")
    for cell in cells[::12]:
        staff.add("property_manager", cell=cell)
    for cell in cells[::4]:
        staff.add("volunteer", cell=cell)
    for trade in TRADES:
        staff.add("mediator", trade=trade)
    staff.add("duty_desk")
    away, away_beat = single[0], held[2 * shared]  # nobody else is posted to this beat
    stood_in_for, stand_in = [*single[1:], *double][:2]
    leave = [
        (away, "2026-10-01", "2027-12-31", "", "借调"),
        (stood_in_for, "2026-10-01", "2027-12-31", stand_in, "进修"),
        (stand_in, "2026-03-02", "2026-03-13", stood_in_for, "年休假"),
    ]
    wrong += [
        {"id": "beat_without_officer", "kind": "beat without officer", "what": [vacant]},
        {"id": "ended_posting", "kind": "cell whose grid member's posting has ended", "what": [ended]},
        {"id": "leave_without_substitute", "kind": "officer away without a substitute", "what": [away_beat]},
    ]
    absent = pd.DataFrame([(*row, True) for row in leave], columns=LEAVE_COLUMNS)
    return pd.DataFrame(staff.rows, columns=COLUMNS), absent


@dataclass
class _Staff:
    """The table of people while it is being filled."""

    rng: np.random.Generator
    names: dict[str, str]
    rows: list[dict[str, object]] = field(default_factory=list)
    people: int = 0

    def add(
        self, role: str, *, beat: str = "", second: str = "", cell: str = "", trade: str = "", until: str = ""
    ) -> str:
        """Add a person, posted to a beat (or two) or a grid cell or to none, and return the person's code."""
        self.people += 1
        zh, en = words.person(self.rng)
        office = "派出所"
        if beat:
            office = self.names[beat].removesuffix("警格") + "警务室"
        elif cell:
            office = self.names[cell] + "服务点"
        person = {"code": f"P{self.people:04d}", "name": zh, "name_en": en, "role": role,
                  "phone": f"0000-555{self.people:04d}", "service_phone": f"0000-556{self.people:04d}",
                  "badge": f"{990000 + self.people}" if role in {"officer", "auxiliary"} else "", "office": office, "grid_cell": cell, "trade": trade,
                  "from": SINCE, "to": until, "synthetic": True}  # fmt: skip
        self.rows.extend({**person, "beat": one} for one in ([beat, second] if second else [beat]))
        return f"P{self.people:04d}"
