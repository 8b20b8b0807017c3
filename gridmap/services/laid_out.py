"""Lay out who answers for each pair of zones in the coming days, so that a scan looks it up and works nothing out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from gridmap.domain.duty import Duty
from gridmap.domain.roster import Reached
from gridmap.domain.team import Team
from gridmap.store.snapshot.team_file import LaidOut, LaidOutPair

#: How far ahead [s]; the people of a station are read anew every day, and beyond this a scan works it out itself.
AHEAD_S: Final = 2 * 86_400


def lay_out(team: Mapping[str, Any], pairs: Iterable[tuple[str, str]], since: float) -> LaidOut:
    """Return the hours of a station from a moment [epoch s] on.

    Parameters
    ----------
    team
        As `scan_team` returns it.
    pairs
        Beat and grid cell ("" for none) of the station's doors; a door in neither is always among them.

    Raises
    ------
    TeamNotReadable
    """
    found = Team.from_json(team)
    duty = Duty(found)
    numbers: dict[tuple[Reached, ...], int] = {}
    laid = {}
    for beat, cell in {*pairs, ("", "")}:
        spells = duty.timeline(beat or None, cell or None, int(since) - 3_600, int(since) + AHEAD_S)
        last = spells[-1]
        after = duty.following(beat or None, cell or None, last.start)
        names = [*found.zones["beat"].get(beat, ("", "")), *found.zones["grid_cell"].get(cell, ("", ""))]
        laid[beat, cell] = LaidOutPair(
            names,
            [(one.start, numbers.setdefault(one.reached, len(numbers))) for one in spells],
            last.end,
            None if after is None else (after.start, numbers.setdefault(after.reached, len(numbers))),
        )
    facts = team["station"]
    head = {
        "station": facts, "edition": team["edition"], "published_at": team["published_at"], "notices": team.get("notices", []),
    }  # fmt: skip
    people: dict[Reached, int] = {}
    cards = [[people.setdefault(one, len(people)) for one in reached] for reached in numbers]
    return LaidOut(head, [_answerer(found, one) for one in people], cards, laid)


def _answerer(team: Team, one: Reached) -> list[Any]:
    """Return somebody who answers as the fields of `Answerer`, in its order."""
    phone = team.phone_of(one.person)
    if one.person is None:
        facts = team.station
        return [one.rank, one.role, one.via, facts.name_zh, facts.name_en, "", phone, "", ""]
    who = team.people[one.person]
    return [one.rank, one.role, one.via, who.name, who.name_en, who.badge, phone, who.office, who.photo]
