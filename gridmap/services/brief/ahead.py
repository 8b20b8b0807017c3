"""Festivals ahead, and what such days did to incidents before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import orjson

from gridmap.domain.festivals import Festival, festivals

#: How far ahead a briefing looks [days], and how far for the next festival where there is none so soon.
AHEAD_DAYS: Final = 30
FAR_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class Ahead:
    """A festival to come; `soon`: within `AHEAD_DAYS`. `past`: rows before, during, after, as the analysis `when` tells them.

    Each row: `phase`, `days`, `events`, `expected`, `ratio`, `low`, `high`, `p`, `q`.
    """

    festival: Festival
    soon: bool
    past: list[dict[str, Any]]


def festivals_ahead(body: bytes | None, today: date) -> list[Ahead]:
    """Return the festivals that begin or last within `AHEAD_DAYS` after `today`; where there is none, the next one.

    Parameters
    ----------
    body
        The kept answer (JSON) of `when`, or None.
    """
    soon = festivals(today + timedelta(days=1), today + timedelta(days=AHEAD_DAYS))
    rows = [] if body is None else orjson.loads(body)["tables"].get("festivals", [])
    shown = soon or festivals(today + timedelta(days=1), today + timedelta(days=FAR_DAYS))[:1]
    return [Ahead(one, bool(soon), [row for row in rows if row["festival"] == one.festival]) for one in shown]
