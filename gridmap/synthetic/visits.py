"""A year of visits to doors: how often depends on who visits; after most settled disputes somebody asks how it went."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.synthetic.seeds import stream

FIRST_DAY, END = np.datetime64("2025-11-01"), np.datetime64("2026-11-01")  # in the station's time, UTC+8
FESTIVAL = (np.datetime64("2026-02-14"), np.datetime64("2026-02-24"))  # Spring Festival: few are visited
COLUMNS = ["address", "person", "at", "purpose", "synthetic"]
RATE = 0.83  # household visits a year to a door with one household that is visited at all
NEVER = 0.22  # of the doors is never visited, whoever's cell it is
SAFETY = 0.12  # safety visits a year to a door without a household: mostly a shop
HOURS = {8: 6, 9: 14, 10: 15, 11: 8, 14: 8, 15: 13, 16: 12, 17: 8, 18: 5, 19: 7, 20: 4}


def no_visits() -> pd.DataFrame:
    """Return an empty table of visits."""
    return pd.DataFrame(columns=COLUMNS)


def visits(
    doors: pd.DataFrame,
    staff: pd.DataFrame,
    quarrels: pd.DataFrame,
    stream_of: tuple[int, tuple[int, int]],
    wrong: list[dict[str, object]],
) -> pd.DataFrame:
    """Return the visits of the last year, by the grid member of each door's cell, in the order of time.

    `purpose` is household, safety (at doors without a household) or dispute (as the disputes' own `visited_at` says). Two cells are never visited (told in `wrong`), nor is a cell after its member's posting has ended.

    Parameters
    ----------
    doors
        `code`, `cell` (the code of its grid cell), `households`.
    staff, quarrels
        People with their postings, and disputes, as the other modules return them.
    stream_of
        Seed and position of the station.
    """
    rng = stream(stream_of[0], "visits", *stream_of[1])
    members = staff[staff["role"] == "grid_member"].drop_duplicates("grid_cell").set_index("grid_cell")
    cells = sorted(members.index)
    unvisited = [cells[len(cells) // 5], cells[3 * len(cells) // 4]]
    wrong.append({"id": "cells_never_visited", "kind": "grid cells where nobody was visited", "what": unvisited})
    keen = pd.Series(rng.gamma(4.0, 0.25, len(cells)), index=cells)  # some members go round more than others
    homes = doors["households"].to_numpy()
    often = np.where(homes > 0, RATE * (0.85 + 0.15 * np.minimum(homes, 12)), SAFETY)
    often = often * keen[doors["cell"]].to_numpy() * (rng.uniform(size=len(doors)) >= NEVER)
    door = np.repeat(np.arange(len(doors)), rng.poisson(often))
    plain = pd.DataFrame({
        "address": doors["code"].to_numpy()[door], "at": _moments(len(door), rng),
        "purpose": np.where(homes[door] > 0, "household", "safety"),
    })  # fmt: skip
    table = pd.concat([plain, _after_disputes(quarrels)], ignore_index=True)
    cell = doors.set_index("code")["cell"][table["address"]].to_numpy()
    table["person"] = members["code"][cell].to_numpy()
    until = members["to"][cell].to_numpy(dtype=object)
    day = table["at"].to_numpy().astype("datetime64[D]").astype(str)
    posted = (until == "") | (day <= np.where(until == "", "9999", until))
    kept = table[posted & ~np.isin(cell, unvisited)].drop_duplicates(["address", "at", "purpose"])
    kept = kept.sort_values(["at", "address"], kind="stable", ignore_index=True)
    kept["at"] = [f"{one}+08:00" for one in kept["at"].to_numpy().astype("datetime64[s]").astype(str)]
    result: pd.DataFrame = kept.assign(synthetic=True)[COLUMNS]
    return result


def _moments(count: int, rng: np.random.Generator) -> NDArray[np.datetime64]:
    """Draw moments of the year, to the minute: by day and early evening, fewer at weekends and about the festival."""
    days = np.arange(FIRST_DAY, END)
    weekday = (days.view("int64") + 3) % 7  # Monday is 0
    weight = np.select([weekday == 5, weekday == 6], [0.6, 0.35], 1.0)
    weight *= np.where((days >= FESTIVAL[0]) & (days <= FESTIVAL[1]), 0.2, 1.0)
    return clock(rng.choice(days, size=count, p=weight / weight.sum()), rng)


def clock(days: NDArray[np.datetime64], rng: np.random.Generator) -> NDArray[np.datetime64]:
    """Return a moment of each day at which people are visited, to the minute; NaT stays NaT."""
    share = np.array(list(HOURS.values()), dtype=float)
    minute = rng.choice(list(HOURS), size=len(days), p=share / share.sum()) * 60 + rng.integers(0, 60, len(days))
    moments: NDArray[np.datetime64] = days.astype("datetime64[s]") + (minute * 60).astype("timedelta64[s]")
    return moments


def _after_disputes(quarrels: pd.DataFrame) -> pd.DataFrame:
    """Return the visits at doors in which whoever came asked how a settled dispute went."""
    asked = quarrels[(quarrels["visited_at"] != "") & (quarrels["address"] != "")]
    at = asked["visited_at"].str.slice(0, 19).to_numpy(dtype="datetime64[s]")
    last = (at >= FIRST_DAY) & (at < END)
    return pd.DataFrame({"address": asked["address"].to_numpy()[last], "at": at[last], "purpose": "dispute"})
