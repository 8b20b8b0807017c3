"""What became of made-up disputes: who was told first, when they went a tier up, who settled them, and how it was found.

The bodies and mediators of the second and third tier are those of `fixtures/loops/nancheng.toml`, made up as everybody here.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.synthetic.calls import LAST_DAY
from gridmap.synthetic.seeds import stream
from gridmap.synthetic.visits import clock

ABOVE: Final = frozenset({"labour", "land", "school"})  # kinds that begin at the second tier
ON_THE_SPOT: Final = 0.62  # of the first tier is settled by the cell's grid member, the others by the beat's officer
IN_THE_ROOM: Final = 0.45  # of the second tier is settled by the mediation room, the others by a mediator of the trade
AT_THE_TABLE: Final = 0.8  # of the third tier is settled by the joint table, the others by who leads it
TRADES: Final = {
    "neighbours": "NC-V1", "family": "NC-W1", "labour": "NC-L1", "debt": "NC-V2", "land": "NC-R1", "housing": "NC-H1",
    "traffic_dispute": "NC-T1", "consumer": "NC-M1", "school": "NC-D1", "other_dispute": "NC-C2",
}  # fmt: skip
ROOM, TABLE, LEADER, DESK = "court", "joint_table", "NC-J1", "desk"
ASKED: Final = 0.8  # of settled disputes are asked after, one to three weeks later
TOLD: Final = 0.85  # of those asked say how it was: 1 to 5
STARS: Final = (0.01, 0.02, 0.07, 0.28, 0.62)
COLUMNS: Final = ("source", "tier_2_at", "tier_3_at", "holder", "visited_at", "rating")


def told_lives(
    quarrels: pd.DataFrame,
    calls: pd.DataFrame,
    ground: tuple[pd.Series[str], pd.Series[str]],
    staff: pd.DataFrame,
    leave: pd.DataFrame,
    stream_of: tuple[int, tuple[int, int]],
) -> pd.DataFrame:
    """Return the disputes with `COLUMNS` before their address; times at UTC+8, "" where nothing was.

    Parameters
    ----------
    quarrels, calls
        As `calls.disputes` and `calls.incidents` return them.
    ground
        The grid cell of each address by its code, and the beat of each cell.
    staff, leave
        Who is posted where, and who was away.
    stream_of
        Seed and position of the station.
    """
    rng = stream(stream_of[0], "histories", *stream_of[1])
    count = len(quarrels)
    opened, settled = _moments(quarrels["opened_at"]), _moments(quarrels["settled_at"])
    over = ~np.isnat(settled)
    tier, kind = quarrels["tier"].to_numpy(dtype=int), quarrels["kind"].to_numpy(dtype=object)
    span = (np.where(over, settled, LAST_DAY) - opened).astype(float)
    second = opened + (span * rng.uniform(0.10, 0.45, count)).astype("timedelta64[s]")
    third = opened + (span * rng.uniform(0.50, 0.80, count)).astype("timedelta64[s]")
    visited = clock((settled + rng.integers(7, 22, count).astype("timedelta64[D]")).astype("datetime64[D]"), rng)
    asked = over & (visited < LAST_DAY) & (rng.uniform(size=count) < ASKED)
    stars = np.where(asked & (rng.uniform(size=count) < TOLD), rng.choice(5, size=count, p=STARS) + 1, 0)
    call = calls.set_index("number").loc[quarrels["incident"]]
    table = quarrels.assign(
        source=call["source"].where(call["source"] != "resident", "plate").to_numpy(),
        tier_2_at=_text(second, (tier >= 2) & ~np.isin(kind, list(ABOVE))), tier_3_at=_text(third, tier >= 3),
        holder=_holders(quarrels, call["recorded_zone"].to_numpy(dtype=object), ground, staff, leave, rng),
        visited_at=_text(visited, asked), rating=np.where(stars > 0, stars.astype(str), ""),
    )  # fmt: skip
    before = list(quarrels.columns)
    place = before.index("address")
    result: pd.DataFrame = table[[*before[:place], *COLUMNS, *before[place:]]]
    return result


def _holders(
    quarrels: pd.DataFrame,
    told_beat: NDArray[np.object_],
    ground: tuple[pd.Series[str], pd.Series[str]],
    staff: pd.DataFrame,
    leave: pd.DataFrame,
    rng: np.random.Generator,
) -> NDArray[np.object_]:
    """Return who settled each dispute, or has it; the desk where nobody is posted or who is posted was away."""
    count = len(quarrels)
    if staff.empty:
        return np.full(count, "", dtype=object)
    cell_of, beat_of = ground
    cell = cell_of.reindex(quarrels["address"]).to_numpy(dtype=object)
    beat = np.where(pd.isna(cell), told_beat, beat_of.reindex(cell).to_numpy(dtype=object))
    member = _posted(staff, "grid_member", "grid_cell").reindex(cell).to_numpy(dtype=object)
    officer = _posted(staff, "officer", "beat").reindex(beat).to_numpy(dtype=object)
    on_spot = np.where(pd.isna(member) | (rng.uniform(size=count) >= ON_THE_SPOT), officer, member)
    tier, still = quarrels["tier"].to_numpy(dtype=int), (quarrels["settled_at"] == "").to_numpy()
    mediator = quarrels["kind"].map(TRADES).to_numpy(dtype=object)
    room = np.where(rng.uniform(size=count) < IN_THE_ROOM, ROOM, mediator)
    table = np.where(rng.uniform(size=count) < AT_THE_TABLE, TABLE, LEADER)
    # Whoever looks at the desk sees what is still open in somebody's hands, whatever the loop's bodies are called.
    found = np.select([still & (tier > 1), tier == 1, tier == 2], [officer, on_spot, room], table)
    day = np.where(still, str(LAST_DAY)[:10], quarrels["settled_at"].str.slice(0, 10).to_numpy(dtype=object))
    found[pd.isna(found)] = DESK
    for one in leave.itertuples():
        found[(found == one.person) & (day >= str(one[2])) & (day <= str(one[3]))] = DESK
    return found


def _posted(staff: pd.DataFrame, role: str, zone: str) -> pd.Series[str]:
    """Return the first person posted in a role to each zone and still there."""
    rows = staff[(staff["role"] == role) & (staff["to"] == "")].drop_duplicates(zone)
    return rows.set_index(zone)["code"]


def _moments(texts: pd.Series[str]) -> NDArray[np.datetime64]:
    """Return times at UTC+8 as they stand there, NaT for ""."""
    return np.array([text[:19] or "NaT" for text in texts], dtype="datetime64[s]")


def _text(moment: NDArray[np.datetime64], where: NDArray[np.bool_]) -> NDArray[np.object_]:
    texts = np.array([f"{one}+08:00" for one in moment.astype("datetime64[s]").astype(str)], dtype=object)
    return np.where(where, texts, "")
