"""The view and the options of an address, as dependencies; what is out of range is refused by name."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Depends, Query

from gridmap.domain.incidents import Origin
from gridmap.services.analyses.case import Against, Ahead, Control, Options, Per, Shape, Weight
from gridmap.services.views import Asked

Word = Annotated[str, Query(max_length=64)]
Tier = Annotated[int, Query(ge=1, le=9)]
Weekday = Annotated[int, Query(ge=1, le=7)]


def asked(
    *,
    since: Annotated[date | None, Query(description="First day, in the station's zone.", examples=["2026-01-01"])] = None,
    until: Annotated[date | None, Query(description="Last day, in the station's zone.", examples=["2026-03-31"])] = None,
    category: Annotated[
        list[Word] | None, Query(max_length=50, description="Only these categories; `disputes` stands for every dispute.")
    ] = None,
    tier: Annotated[list[Tier] | None, Query(max_length=9, description="Only disputes of these tiers.")] = None,
    zone: Annotated[
        list[Word] | None, Query(max_length=200, description="Only in these beats, grid cells or villages.")
    ] = None,
    hours: Annotated[
        str, Query(max_length=5, pattern=r"^(\d{1,2}-\d{1,2})?$", description="Hours of the day, may pass midnight.", examples=["20-6"])
    ] = "",
    weekday: Annotated[list[Weekday] | None, Query(max_length=7, description="Days of the week, 1 is Monday.")] = None,
    origin: Annotated[Origin, Query(description="Reported by residents, started by officers, or all.")] = Origin.ALL,
) -> Asked:  # fmt: skip
    """Return what an address says of the incidents meant."""
    chosen = tuple(one for one in category or () if one)
    return Asked(since, until, chosen, tuple(tier or ()), tuple(zone or ()), hours, tuple(weekday or ()), origin)


def options(
    *,
    shape: Annotated[Shape, Query(description="What is counted on.")] = "square",
    size: Annotated[int, Query(ge=100, le=5000, multiple_of=100, description="Side of a square [m].")] = 300,
    bandwidth: Annotated[
        float | None, Query(ge=100, le=5000, description="Bandwidth of densities [m]; chosen by held-out likelihood when left out.")
    ] = None,
    per: Annotated[Per, Query(description="What rates are told by.")] = "none",
    against: Annotated[Against, Query(description="Compared with the period before, or the same days a year ago.")] = "before",
    ahead: Annotated[Ahead, Query(description="How far a forecast looks.")] = "week",
    distance: Annotated[float | None, Query(ge=1, le=5000, description="What is near in place [m].")] = None,
    days: Annotated[float | None, Query(gt=0, le=366, description="What is near in time [days].")] = None,
    weight: Annotated[Weight, Query(description="What an event counts in hotspots: one, or its tier.")] = "none",
    control: Annotated[Control, Query(description="Of false discoveries: Benjamini-Hochberg or -Yekutieli.")] = "bh",
) -> Options:  # fmt: skip
    """Return what an address says of how to look."""
    return Options(shape, size, bandwidth, per, against, ahead, distance, days, weight, control)


AskedDep = Annotated[Asked, Depends(asked)]
OptionsDep = Annotated[Options, Depends(options)]
