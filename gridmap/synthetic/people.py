"""The people of a made-up station: posted, on leave, stood in for, and in a few places missing."""

from __future__ import annotations

import geopandas as gpd
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
    """Return people with their postings, and leave.

    One beat has no officer, one cell's posting has ended, one officer is away without a substitute: told in `wrong`.
    """
    rng = stream(seed, "people", *position)
    beats = list(zones.loc[zones["kind"] == "beat", "code"])
    cells = list(zones.loc[zones["kind"] == "grid_cell", "code"])
    vacant, ended = beats[len(beats) // 2], cells[len(cells) // 3]
    rows: list[dict[str, object]] = []

    def add(role: str, *, beat: str = "", cell: str = "", trade: str = "", until: str = "") -> str:
        zh, en = words.person(rng)
        number = len(rows) + 1
        office = f"{beat}警务室" if beat else f"{cell}网格服务点" if cell else "派出所"
        rows.append({
            "code": f"P{number:04d}", "name": zh, "name_en": en, "role": role, "phone": f"0000-555{number:04d}",
            "office": office, "beat": beat, "grid_cell": cell, "trade": trade, "from": SINCE, "to": until, "synthetic": True,
        })  # fmt: skip
        return f"P{number:04d}"

    officers = {beat: add("officer", beat=beat) for beat in beats if beat != vacant}
    for beat in beats[::2]:
        if beat != vacant:
            add("auxiliary", beat=beat)
    for cell in cells:
        add("grid_member", cell=cell, until="2026-06-30" if cell == ended else "")
    for cell in cells[::12]:
        add("property_manager", cell=cell)
    for cell in cells[::4]:
        add("volunteer", cell=cell)
    for trade in TRADES:
        add("mediator", trade=trade)
    add("duty_desk")
    lone = [beat for beat in beats[1::2] if beat in officers]  # beats without an auxiliary
    away = lone[0]
    stood_in_for, stand_in = [beat for beat in officers if beat != away][:2]
    leave = [
        (officers[away], "2026-10-01", "2027-12-31", "", "借调"),
        (officers[stood_in_for], "2026-10-01", "2027-12-31", officers[stand_in], "进修"),
        (officers[stand_in], "2026-03-02", "2026-03-13", officers[stood_in_for], "年休假"),
    ]
    wrong += [
        {"id": "beat_without_officer", "kind": "beat without officer", "what": [vacant]},
        {"id": "ended_posting", "kind": "cell whose grid member's posting has ended", "what": [ended]},
        {"id": "leave_without_substitute", "kind": "officer away without a substitute", "what": [away]},
    ]
    absent = pd.DataFrame([(*row, True) for row in leave], columns=LEAVE_COLUMNS)
    return pd.DataFrame(rows, columns=COLUMNS), absent
