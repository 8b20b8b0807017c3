"""The made-up station of Nancheng's size, made once for all tests of a process."""

from __future__ import annotations

from functools import lru_cache

from gridmap.synthetic.station import Station, make_station


@lru_cache(maxsize=1)
def nancheng() -> Station:
    """Return the station that `fixtures/` holds."""
    return make_station(1)


def told(made: Station) -> dict[str, list[str]]:
    """Return what was made wrong on purpose: id -> the codes."""
    return {str(one["id"]): list(one["what"]) for one in made.faults}  # type: ignore[call-overload]
