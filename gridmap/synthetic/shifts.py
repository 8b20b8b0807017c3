"""The roster of a made-up station: days on one's own beats, nights and weekends by sector, and two holes that are told.

Nothing is drawn: the roster follows from the people, their leave and the beats.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

FIRST, LAST = dt.date(2026, 10, 26), dt.date(2027, 12, 31)  # a Monday; in the station's time, UTC+8
MORNING, EVENING = "08:30:00", "18:00:00"
SECTOR = 5.5  # beats
COLUMNS = ["person", "from", "to", "beats", "synthetic"]
WEDNESDAY, SATURDAY, SUNDAY = 2, 5, 6


@dataclass(frozen=True, eq=False)
class _Member:
    """Somebody on the roster, and the beats they are posted to."""

    code: str
    own: tuple[str, ...]
    officer: bool


def no_shifts() -> pd.DataFrame:
    """Return an empty roster."""
    return pd.DataFrame(columns=COLUMNS)


def roster(staff: pd.DataFrame, leave: pd.DataFrame, beats: list[str], wrong: list[dict[str, object]]) -> pd.DataFrame:
    """Return the shifts of officers and auxiliaries from `FIRST` to the night after `LAST`, a row a shift.

    `from` and `to` are local times with their offset; `beats` are codes with spaces between, or nothing where the shift
    is for the beats the person is posted to. On workdays everybody has the day, 08:30 to 18:00, on their own beats. The
    night is one person's for a whole sector, in turn; they have no day before it and none after, and a colleague takes
    their beats. At weekends half of a sector has the day for all of it. Nobody is on two shifts, nobody on leave has one,
    and whoever stands in has the beats of the person away.

    Told in `wrong`: a sector without a night on Saturday and Sunday, and a beat whose officer has no shift from Monday
    to Wednesday. Beats without an officer, or whose officer is away without a substitute, have no day on workdays.

    Parameters
    ----------
    staff, leave
        As `gridmap.synthetic.people.post` returns them.
    beats
        Codes of all beats.
    """
    members = _members(staff)
    parts = np.array_split(np.arange(len(beats)), max(1, round(len(beats) / SECTOR)))
    sectors = [[beats[i] for i in part] for part in parts]
    teams = [[one for one in members if one.own[0] in sector] for sector in sectors]
    spared = _spared(members, leave, teams)
    wrong.append({
        "id": "sector_without_night_shift", "kind": "beats without a night shift on Saturday and Sunday", "what": sectors[0],
    })  # fmt: skip
    if spared is not None:
        wrong.append({
            "id": "officer_half_week", "kind": "beat whose officer has no shift from Monday to Wednesday",
            "what": list(spared.own),
        })  # fmt: skip
    rows: list[tuple[str, str, str, str]] = []
    for number, (sector, team) in enumerate(zip(sectors, teams, strict=True)):
        rows += _sector(sector, team, members, leave, spared, quiet=number == 0)
    table = pd.DataFrame([(*row, True) for row in rows], columns=COLUMNS)
    return table.sort_values(["from", "person"], kind="stable", ignore_index=True)


def _members(staff: pd.DataFrame) -> list[_Member]:
    posted = staff[staff["role"].isin(["officer", "auxiliary"]) & (staff["to"] == "")]
    return [
        _Member(str(code), tuple(rows["beat"]), bool((rows["role"] == "officer").all()))
        for code, rows in posted.groupby("code", sort=True)
    ]


def _spared(members: list[_Member], leave: pd.DataFrame, teams: list[list[_Member]]) -> _Member | None:
    """Return an officer alone on one beat, with no part in any leave and enough colleagues for the nights; or None."""
    held = [beat for one in members for beat in one.own]
    busy = {*leave["person"], *leave["substitute"]}
    alone = [
        one
        for team in teams
        for one in team
        if one.officer and len(one.own) == 1 and held.count(one.own[0]) == 1 and one.code not in busy and len(team) > 3
    ]
    return alone[len(alone) // 2] if alone else None


def _sector(
    sector: list[str],
    team: list[_Member],
    members: list[_Member],
    leave: pd.DataFrame,
    spared: _Member | None,
    *,
    quiet: bool,
) -> list[tuple[str, str, str, str]]:
    """Return the shifts of one sector: person, from, to, beats. `quiet`: no night on Saturday and Sunday."""
    rows: list[tuple[str, str, str, str]] = []
    resting: _Member | None = None
    turn = 0
    for step in range((LAST - FIRST).days + 1):
        day = FIRST + dt.timedelta(days=step)
        week, weekday = divmod(step, 7)
        away = _away(leave, day)
        here = [one for one in team if one.code not in away]
        off = [one for one in here if one is spared and weekday <= WEDNESDAY]
        tonight = None
        if not (quiet and weekday >= SATURDAY):
            able = [one for one in here if one is not resting and not _spares_night(one, spared, weekday)]
            # whose turn it is: the first able one after whoever had the last night
            tonight = min(able, key=lambda one: (team.index(one) - turn) % len(team), default=None)
        present = [one for one in here if one is not resting and one is not tonight and one not in off]
        if weekday >= SATURDAY:
            half = [one for one in present if (team.index(one) + week) % 2 == 0] or present
            rows += [_day(day, one.code, sector) for one in half]
        else:
            absent = [one for one in here if one not in present and one not in off]
            rows += [_day(day, one.code, codes) for one, codes in _workday(present, absent, _charges(members, away))]
        if tonight is not None:
            turn = team.index(tonight) + 1
            after = day + dt.timedelta(days=1)
            rows.append((tonight.code, _at(day, EVENING), _at(after, MORNING), " ".join(sector)))
        resting = tonight
    return rows


def _spares_night(one: _Member, spared: _Member | None, weekday: int) -> bool:
    """Return whether a night would bring the spared officer into the first half of a week; Sunday's ends on Monday."""
    return one is spared and (weekday <= WEDNESDAY or weekday == SUNDAY)


def _away(leave: pd.DataFrame, day: dt.date) -> dict[str, str]:
    """Return who is away on a day -> who stands in ("" for nobody)."""
    now = leave[(leave["from"] <= day.isoformat()) & (day.isoformat() <= leave["to"])]
    return dict(zip(now["person"], now["substitute"], strict=True))


def _charges(members: list[_Member], away: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Return person -> the beats they answer for on a day: their own, and those of whom they stand in for."""
    own = {one.code: one.own for one in members}
    charge = dict(own)
    for person, substitute in away.items():
        if substitute in charge and person in own:
            charge[substitute] = (*charge[substitute], *own[person])
    return charge


def _workday(
    present: list[_Member], absent: list[_Member], charge: dict[str, tuple[str, ...]]
) -> list[tuple[_Member, list[str]]]:
    """Return who has which beats by day ([] for their own); the beats of those absent go round among those present."""
    if not present:
        return []
    covered = {beat for one in present for beat in charge[one.code]}
    extra: dict[str, set[str]] = {one.code: set() for one in present}
    for turn, one in enumerate(absent):
        extra[present[turn % len(present)].code] |= set(charge[one.code]) - covered
    return [
        (one, sorted({*charge[one.code], *extra[one.code]}) if extra[one.code] or charge[one.code] != one.own else [])
        for one in present
    ]


def _day(day: dt.date, person: str, beats: list[str]) -> tuple[str, str, str, str]:
    return person, _at(day, MORNING), _at(day, EVENING), " ".join(beats)


def _at(day: dt.date, clock: str) -> str:
    return f"{day.isoformat()}T{clock}+08:00"
