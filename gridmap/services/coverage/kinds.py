"""The kinds of coverage gap and the groups they are told in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gridmap.errors import Invalid

#: kind -> group, in the order in which they are told. The words for what to do are kept under `todo_<kind>`.
KINDS: Final[dict[str, str]] = {
    "no_beat": "ground",
    "no_cell": "ground",
    "overlap": "ground",
    "door_no_beat": "ground",
    "door_no_cell": "ground",
    "door_two_beats": "ground",
    "door_two_cells": "ground",
    "door_no_plate": "ground",
    "plate_elsewhere": "ground",
    "beat_no_officer": "people",
    "cell_no_member": "people",
    "posting_ended": "people",
    "leave_no_substitute": "people",
    "officer_overloaded": "people",
    "member_overloaded": "people",
    "off_duty_now": "time",
    "off_duty_hours": "time",
    "door_not_visited": "attention",
    "cell_not_visited": "attention",
    "dispute_no_follow_up": "attention",
    "dispute_idle": "attention",
    "door_out_of_reach": "reach",
    "facility_out_of_reach": "reach",
}
GROUPS: Final = tuple(dict.fromkeys(KINDS.values()))


class GapKindNotKnown(Invalid):
    """A filter names a kind or group of coverage gap that does not exist."""

    slug, title = "gap-kind-not-known", "There is no such kind of gap"


def wanted(kinds: Iterable[str] | None, groups: Iterable[str] | None) -> frozenset[str]:
    """Return the kinds that a filter leaves: those named that are in a group named; without either, all.

    Raises
    ------
    GapKindNotKnown
        If a name is no kind or no group.
    """
    named, sections = set(kinds or KINDS), set(groups or GROUPS)
    for what, known, given in (("kind", tuple(KINDS), named), ("group", GROUPS, sections)):
        if strange := given - set(known):
            raise GapKindNotKnown(f"{', '.join(sorted(strange))}: no {what} of gap; give one of {', '.join(known)}")
    return frozenset(kind for kind in named if KINDS[kind] in sections)
