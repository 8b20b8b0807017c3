"""Lists of disputes, page by page in the order of a time and the id, and how many there are: one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_filter import ANY, DUES, EVER, OVER_STATES, Filter, midnight, moments
from gridmap.domain.dispute_words import ENDED, KINDS, OPEN, OVER, STATES
from gridmap.store.dispute_rows import SEEN, SEEN_OF_ALL, Sight, at_table


@dataclass(frozen=True, slots=True)
class Line:
    """One dispute in a list. `late`: what is due has not happened in time; `holder`, `offered`: a person's or a body's code."""

    id: int
    number: str
    version: int
    matter: str
    kind: str
    words: str
    source: str
    state: str
    tier: int
    grade: int | None
    marks: Sequence[str]
    beat: str | None
    grid_cell: str | None
    address_id: int | None
    address: str | None
    lon: float | None
    lat: float | None
    opened_at: datetime
    due_at: datetime | None
    settle_by: datetime | None
    settled_at: datetime | None
    closed_at: datetime | None
    late: bool
    rating: int | None
    followed: int
    reopened: int
    incident_id: int | None
    series_id: int | None
    opened_by: str
    holder_id: int | None
    body: str | None
    holder: str | None
    holder_zh: str | None
    holder_en: str | None
    offered_id: int | None
    offered_body: str | None
    offered_zh: str | None
    offered_en: str | None
    offered: str | None


#: From one moment on and before another; None: without an end.
Moments = tuple[datetime | None, datetime | None]
ALWAYS: Final[Moments] = (None, None)
#: A place in a list: the time it is ordered by, and the id.
Place = tuple[datetime, int]

#: Beyond so many a desk says "more".
MOST_TOLD: Final = 1_000
#: A list is counted no further.
MOST_COUNTED: Final = 10_001
#: Greater than whatever a number goes on with.
_LAST: Final = "\U0010ffff"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


#: As the partial indexes say it: a parameter in its place would keep them from being used.
IS_OPEN: Final = f"d.state NOT IN ({_listed(OVER)})"
IS_MARKED: Final = "d.marks <> '{}'"
_IS_ENDED: Final = f"d.state IN ({_listed(ENDED)}) AND d.due_at IS NOT NULL"
_DUES: Final = {
    "overdue": f"{IS_OPEN} AND d.due_at < CAST(:now AS timestamptz)",
    "today": f"{IS_OPEN} AND d.due_at >= CAST(:now AS timestamptz) AND d.due_at < CAST(:tomorrow AS timestamptz)",
    "week": f"{IS_OPEN} AND d.due_at >= CAST(:now AS timestamptz) AND d.due_at < CAST(:week AS timestamptz)",
    "new": f"{IS_OPEN} AND d.state = 'open'",
    "waiting": "d.state = 'handed' AND (d.offered_id = CAST(:me AS int) OR d.offered_body = ANY (CAST(:my_bodies AS text[])))",
    "follow": f"{_IS_ENDED} AND d.due_at < CAST(:tomorrow AS timestamptz)",
}  # fmt: skip
#: Why somebody sees a dispute, as `SEEN` says, and what of theirs it takes: each is found from an index.
_WHY_SEEN: Final = {
    "d.opened_by = :my_login": "login",
    "d.holder_id = CAST(:me AS int)": "person",
    "d.state = 'handed' AND d.offered_id = CAST(:me AS int)": "person",
    "d.grid_cell = ANY (CAST(:my_cells AS text[]))": "cells",
    "d.body = ANY (CAST(:my_bodies AS text[]))": "bodies",
    "d.state = 'handed' AND d.offered_body = ANY (CAST(:my_bodies AS text[]))": "bodies",
    f"""d.id IN (SELECT b.dispute_id FROM dispute_body b JOIN dispute t ON t.id = b.dispute_id
      WHERE b.station = :station AND b.body = ANY (CAST(:my_bodies AS text[])) AND {at_table("b", "t")})""": "bodies",
}
_HOLDERS: Final = {
    "me": "d.holder_id = CAST(:me AS int)",
    "mine": "(d.holder_id = CAST(:me AS int) OR d.body = ANY (CAST(:my_bodies AS text[])))",
    "person": "d.holder_id = (SELECT h.id FROM person h WHERE h.station = :station AND h.code = :holder)",
    "body": "d.body = :holder",
}
#: A tier is never lowered, and the other two are counted: no log is read for what cannot be.
_STEPS: Final = {
    "escalated": (
        "d.tier > 1 AND EXISTS (SELECT FROM dispute_event e WHERE e.dispute_id = d.id AND e.what = 'escalated')",
    ),
    "reopened": ("d.reopened > 0",),
    "followed_up": ("d.followed > 0",),
}
_EQUAL: Final = {
    "matter": "d.matter", "kind": "d.kind", "tier": "d.tier", "grade": "d.grade", "beat": "d.beat", "cell": "d.grid_cell",
    "source": "d.source", "series": "d.series_id", "opened_by": "d.opened_by", "rating": "d.rating",
}  # fmt: skip
_LINE: Final = """
    d.id, d.number, d.version, d.matter, d.kind, d.words, d.source, d.state, d.tier, d.grade, d.marks, d.beat, d.grid_cell,
    d.address_id, a.full_text AS address, ST_X(d.geom) AS lon, ST_Y(d.geom) AS lat, d.opened_at, d.due_at, d.settle_by,
    d.settled_at, d.closed_at, coalesce(d.due_at < CAST(:now AS timestamptz), false) AS late, d.rating, d.followed,
    d.reopened, d.incident_id, d.series_id, d.opened_by, d.holder_id, d.body, coalesce(h.code, d.body) AS holder,
    coalesce(h.name, hb.name_zh) AS holder_zh, coalesce(h.name_en, hb.name_en) AS holder_en, d.offered_id, d.offered_body,
    coalesce(o.name, ob.name_zh) AS offered_zh, coalesce(o.name_en, ob.name_en) AS offered_en,
    coalesce(o.code, d.offered_body) AS offered"""
_NAMES: Final = """
    LEFT JOIN address a ON a.id = d.address_id
    LEFT JOIN person h ON h.id = d.holder_id LEFT JOIN body hb ON hb.station = d.station AND hb.code = d.body
    LEFT JOIN person o ON o.id = d.offered_id LEFT JOIN body ob ON ob.station = d.station AND ob.code = d.offered_body"""


def timezone(session: Session, station: str) -> str:
    """Return the zone of a station's clocks; one query."""
    return str(
        session.scalar(text("SELECT timezone FROM station WHERE code = :station"), {"station": station}) or "UTC"
    )


def where(
    station: str, sight: Sight, wanted: Filter, *, now: datetime, zone: str, many: bool = False
) -> tuple[str, dict[str, object]]:  # fmt: skip
    """Return the condition on `dispute d` that a filter and a sight make, with its parameters.

    Parameters
    ----------
    now
        The moment that "overdue" and "today" are told from.
    zone
        Of the station's clocks, as `timezone` returns it.
    many
        It is known to let many pass: they are found on a walk, and not by the beginning of their numbers.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    facts: dict[str, object] = {
        "station": station, "now": now, "tomorrow": midnight(today + timedelta(days=1), zone),
        "week": midnight(today + timedelta(days=7), zone), **sight.facts(),
    }  # fmt: skip
    states = _state(wanted)
    # What is open is few, and looked through; of what ever was, somebody's own is found from indexes.
    few = states == [IS_OPEN] or wanted.state in OPEN or wanted.due not in {"", "follow"}
    seen = [] if sight.whole else [SEEN if few else SEEN_OF_ALL]
    parts = ["d.station = :station", *seen, *states, *_STEPS.get(wanted.step, ())]
    if wanted.due:
        parts.append(_DUES[wanted.due])
    if wanted.holder:
        who, _, facts["holder"] = wanted.holder.partition(":")
        parts.append(_HOLDERS[who])
    for name, column in _EQUAL.items():
        if (value := getattr(wanted, name)) not in ("", None):
            facts[f"f_{name}"] = value
            parts.append(f"{column} = :f_{name}")
    if wanted.mark:
        facts["mark"] = [wanted.mark]
        parts.append(f"{IS_MARKED} AND d.marks @> CAST(:mark AS text[])")
    if wanted.number:
        parts.append(_begins(wanted.number, facts, found_by=sight.whole and not many))
    for name in ("opened", "settled", "closed"):
        for end, sign, at in zip(("from", "to"), (">=", "<"), moments(getattr(wanted, name), zone), strict=True):
            if at is not None:
                facts[f"{name}_{end}"] = at
                parts.append(f"d.{name}_at {sign} CAST(:{name}_{end} AS timestamptz)")
    return " AND ".join(parts), facts


def listed(
    session: Session, station: str, sight: Sight, wanted: Filter, *, now: datetime, zone: str, after: Place | None, limit: int,
    most: int = MOST_COUNTED, between: Moments = ALWAYS,
) -> tuple[list[Line], int]:  # fmt: skip
    """Return at most `limit` disputes that follow `after` in the filter's order, and how many there are in all.

    One query; a second where there are `most` and more: it is counted no further. The filter is gone through once for both:
    what few disputes pass is put in order afterwards; of what many pass, a page is found soon on a walk in that order.
    Chosen by what was counted and not by what the planner guesses, a rare pair of filters walks through no whole station.

    Parameters
    ----------
    between
        Opened from one moment on and before another, besides the filter's days.
    """
    condition, facts = where(station, sight, wanted, now=now, zone=zone)
    within = ""
    for name, sign, at in zip(("since", "until"), (">=", "<"), between, strict=True):
        if at is not None:
            within += f" AND d.opened_at {sign} CAST(:{name} AS timestamptz)"
            facts[name] = at
    column, up = wanted.order, wanted.order == "due_at"
    follows, way = "true", "" if up else " DESC"
    if after is not None:
        follows = f"(d.{column}, d.id) {'>' if up else '<'} (CAST(:after_at AS timestamptz), CAST(:after_id AS int))"
        facts |= {"after_at": after[0], "after_id": after[1]}
    facts["limit"] = limit
    in_order = f"ORDER BY d.{column}{way}, d.id{way}"
    # Who sees a part of the station is told from the ids of that part: all are found before the first is.
    end, few = (f"LIMIT {most:d}", f"n < {most:d}") if sight.whole else ("", "true")
    rows = session.execute(
        text(f"""WITH found AS MATERIALIZED (SELECT d.id, d.{column} FROM dispute d WHERE {condition}{within} {end}),
                   counted AS (SELECT count(*) AS n FROM found),
                   paged AS (SELECT d.id FROM found d, counted WHERE {few} AND {follows} {in_order} LIMIT :limit)
                 SELECT least(n, {most:d}), {few}, {_LINE} FROM counted
                 LEFT JOIN (paged JOIN dispute d ON d.id = paged.id {_NAMES}) ON true {in_order}"""),
        facts,
    ).all()
    told, are_all = rows[0][:2]
    if are_all:
        return [Line(*row[2:]) for row in rows if row[2] is not None], int(told)
    # The names are joined to the page, not to all there are.
    condition, _ = where(station, sight, wanted, now=now, zone=zone, many=True)
    some = f"SELECT * FROM dispute d WHERE {condition}{within} AND {follows} {in_order} LIMIT :limit"
    walked = session.execute(text(f"SELECT {_LINE} FROM ({some}) d {_NAMES} {in_order}"), facts)
    return [Line(*row) for row in walked], int(told)


def count(
    session: Session, station: str, sight: Sight, wanted: Filter, *, now: datetime, zone: str, most: int | None = None
) -> int:
    """Return how many disputes there are; `most`: count no further, as a page needs it. One query."""
    condition, facts = where(station, sight, wanted, now=now, zone=zone)
    query = f"SELECT count(*) FROM (SELECT FROM dispute d WHERE {condition} LIMIT CAST(:most AS bigint)) found"
    return int(session.scalar(text(query), {**facts, "most": most}) or 0)


def dues(session: Session, station: str, sight: Sight, wanted: Filter, *, now: datetime, zone: str) -> dict[str, int]:
    """Return how many disputes each word of `DUES` asks for, `MOST_TOLD` at most, and "open" all of them; one query."""
    own = not sight.whole and _state(wanted) == [IS_OPEN]
    parts, facts = [], dict[str, object]()
    for due in ("", *DUES):
        # What is offered to somebody is still held by whoever offers it.
        asked = replace(wanted, due=due, holder="" if due == "waiting" else wanted.holder)
        if own:
            condition = f"{_DUES.get(due, IS_OPEN)}{'' if due == 'waiting' else ' AND d.held'}"
            parts.append(f"least(count(*) FILTER (WHERE {condition}), {MOST_TOLD}) AS {due or 'open'}")
            continue
        condition, told = where(station, sight, asked, now=now, zone=zone)
        facts |= told
        found = f"SELECT count(*) FROM (SELECT FROM dispute d WHERE {condition} LIMIT {MOST_TOLD}) found"
        parts.append(f"({found}) AS {due or 'open'}")
    source = ""
    if own:
        source, facts = _own(station, sight, wanted, now=now, zone=zone)
    row = session.execute(text(f"SELECT {', '.join(parts)}{source}"), facts).one()
    return {name: int(value) for name, value in zip(row._fields, row, strict=True)}


def _own(station: str, sight: Sight, wanted: Filter, *, now: datetime, zone: str) -> tuple[str, dict[str, object]]:
    """Return what somebody sees that is open or to be asked about by tomorrow, as the rows `d` of a query, with its parameters.

    Found once for all counts, from an index for each reason to see it. `held`: whether it is with the wanted holder.
    """
    everything = replace(wanted, state=ANY, due="", holder="")
    condition, facts = where(station, replace(sight, whole=True), everything, now=now, zone=zone)
    held = "true"
    if wanted.holder:
        who, _, facts["holder"] = wanted.holder.partition(":")
        held = f"coalesce({_HOLDERS[who]}, false)"
    columns = f"d.id, d.state, d.due_at, d.offered_id, d.offered_body, {held} AS held"
    # Once for what is open and once for what is not: each is in an index of its own.
    found = [
        f"SELECT {columns} FROM dispute d WHERE {condition} AND {live} AND {why}"
        for why, of in _WHY_SEEN.items()
        if of == "login" or getattr(sight, of)  # so that there is one at least
        for live in (IS_OPEN, _DUES["follow"])
    ]
    return f" FROM ({' UNION '.join(found)}) d", facts


def fresh(
    session: Session,
    station: str,
    sight: Sight,
    wanted: Filter,
    *,
    after: int | None,
    by: str,
    now: datetime,
    zone: str,
) -> tuple[int, int]:
    """Return how many disputes of a list others moved since event `after` (None: none is counted), and the newest event.

    One query.
    """
    asked = replace(wanted, state=ANY, due="", holder="" if wanted.holder == "mine" else wanted.holder)
    condition, facts = where(station, sight, asked, now=now, zone=zone)
    mine = f" AND ({_HOLDERS['mine']} OR {_DUES['waiting']})" if wanted.holder == "mine" else ""
    row = session.execute(
        text(f"""SELECT (SELECT count(DISTINCT e.dispute_id) FROM dispute_event e JOIN dispute d ON d.id = e.dispute_id
                   WHERE e.station = :station AND e.id > CAST(:after AS int) AND e.by <> :by AND {condition}{mine}),
                   coalesce((SELECT e.id FROM dispute_event e WHERE e.station = :station ORDER BY e.id DESC LIMIT 1), 0)"""),
        {**facts, "after": after, "by": by},
    ).one()
    return int(row[0]), int(row[1])


def choices(session: Session, station: str) -> dict[str, list[dict[str, str]]]:
    """Return what a list can be narrowed to: "kinds" of everything, "beats" and "cells" of today; one query.

    Each with code, name_zh, name_en; kinds with `dispute` ("1" or ""), cells with their `beat`.
    """
    row = session.execute(
        text("""WITH e AS (SELECT edition_in_force(:station, now()) AS id)
                SELECT (SELECT jsonb_agg(jsonb_build_object('code', code, 'name_zh', name_zh, 'name_en', name_en,
                          'dispute', CASE WHEN is_dispute THEN '1' ELSE '' END) ORDER BY NOT is_dispute, code)
                        FROM incident_category) AS kinds,
                  (SELECT jsonb_agg(jsonb_build_object('code', b.code, 'name_zh', name_zh, 'name_en', name_en) ORDER BY b.code)
                        FROM beat b, e WHERE b.edition_id = e.id) AS beats,
                  (SELECT jsonb_agg(jsonb_build_object('code', g.code, 'name_zh', name_zh, 'name_en', name_en, 'beat', g.beat)
                          ORDER BY g.code) FROM grid_cell g, e WHERE g.edition_id = e.id) AS cells"""),
        {"station": station},
    ).one()
    order = {code: n for n, code in enumerate(KINDS)}
    kinds = sorted(
        row.kinds or [], key=lambda one: (not one["dispute"], order.get(one["code"], len(order)), one["code"])
    )
    return {"kinds": kinds, "beats": row.beats or [], "cells": row.cells or []}


def _begins(number: str, facts: dict[str, object], *, found_by: bool) -> str:
    """Return the condition that a number begins so, as typed or in capitals; put its parameters into `facts`.

    `found_by`: disputes are to be found from the index of numbers. It is in the order of bytes; row-level security lets no
    LIKE use an index, but these comparisons. A planner that does not look at what was typed would always take it.
    """
    typed = dict.fromkeys((number, number.upper()))
    facts |= {f"number_{n}": one for n, one in enumerate(typed)}
    if found_by:
        facts |= {f"last_{n}": one + _LAST for n, one in enumerate(typed)}
    one = "d.number ~>=~ :number_{n} AND d.number ~<~ :last_{n}" if found_by else "starts_with(d.number, :number_{n})"
    return f"({' OR '.join(one.format(n=n) for n in range(len(typed)))})"


def _state(wanted: Filter) -> list[str]:
    if wanted.state in STATES:
        return [f"d.state = '{wanted.state}'"]
    if wanted.state == OVER_STATES:
        return [f"d.state IN ({_listed(OVER)})"]
    if wanted.state == ANY or wanted.settled != EVER or wanted.closed != EVER or wanted.due == "follow":
        return []
    return [IS_OPEN]
