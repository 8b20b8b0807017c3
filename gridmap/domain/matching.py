"""Which mediators (调解员) fit a dispute, in order and with reasons; a person picks one, this decides nothing.

Those who can take it now come first: nobody on leave, nobody whose hands are full. Among them, those who speak the
language come before those who do not: without it there is no mediation. Then points, at most 100, as `WEIGHTS` says:

========  ======  =========================================================================================================
what      points  why so many
========  ======  =========================================================================================================
trade         35  Knowing the matter (labour, housing, land) decides most, so it outweighs any two of the softer reasons.
place         20  The cell's own mediator knows both doors (100 %); the beat's knows the street (60 %); one for the whole
                  station is at home everywhere and nowhere (30 %); one of another beat comes from outside (0).
load          20  The share of free hands, so that work spreads by itself: an empty desk 20, a full one 0.
past          15  The share of disputes *of this kind* that were settled in their hands, drawn to the station's share as if
                  `PRIOR` more cases had gone as usual; below `LEAST_CASES` cases nothing is said at all. Small on purpose:
                  who takes the hard cases must not fall behind for it.
body           5  The loop names a body for this tier: its people are meant.
shift          5  On duty at this moment; nobody gains or loses where the station keeps no roster.
========  ======  =========================================================================================================

The figures are workload and cases settled of one kind, of a year. They are no grade of a person, are kept nowhere and are
shown beside the sentence that says so: a mediator with a low share may be the one who is given what nobody else could do.

References
----------
Efron & Morris (1977), "Stein's Paradox in Statistics", Scientific American 236(5), 119-127: few cases are drawn to the
common mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

#: Points of each reason; together 100.
WEIGHTS: Final[Mapping[str, float]] = {
    "trade": 35.0, "place": 20.0, "load": 20.0, "past": 15.0, "body": 5.0, "shift": 5.0,
}  # fmt: skip
#: How near a mediator is -> share of the points for place.
NEAR: Final[Mapping[str, float]] = {"cell": 1.0, "beat": 0.6, "station": 0.3, "elsewhere": 0.0}
#: As many cases that went as usual are added to everybody's.
PRIOR: Final = 10
#: Of fewer cases nothing is said.
LEAST_CASES: Final = 5
#: Nobody is thanked for being quick, or held up as slow, for less than this [days] beside the station's median.
SLOW_DAYS: Final = 7.0

#: Reason -> Chinese, English; `{x}` are facts.
REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "trade": ("懂行：{trades}", "knows the matter: {trades}"),
    "no_trade": ("不是本类专业（需 {trades}）", "not of the trade asked for ({trades})"),
    "language": ("会说{language}", "speaks {language}"),
    "no_language": ("不会说{language}", "does not speak {language}"),
    "cell": ("就在本网格 {zone}", "works in this grid cell, {zone}"),
    "beat": ("就在本警格 {zone}", "works in this beat, {zone}"),
    "station": ("负责全所", "works for the whole station"),
    "elsewhere": ("在别的警格或网格", "works in another beat or cell"),
    "body": ("属于本层级的调解组织 {body}", "is of the body for this tier, {body}"),
    "free": ("手上 {open} 件，最多 {most} 件", "has {open} in hand, {most} at most"),
    "busy": ("手上已有 {open} 件，最多 {most} 件", "has {open} in hand already, {most} at most"),
    "full": ("已满：手上 {open} 件，最多 {most} 件", "is full: {open} in hand, {most} at most"),
    "past": ("一年来本类 {settled} / {cases} 件调成", "settled {settled} of {cases} of this kind within a year"),
    "days": ("中位用时 {days} 天", "{days} days in the middle"),
    "slow": ("中位用时 {days} 天，全所 {usual} 天", "{days} days in the middle, {usual} at the station"),
    "few": ("本类只有 {cases} 件，不作比较", "too few of this kind to compare ({cases})"),
    "shift": ("正在值班", "on duty now"),
    "off_shift": ("此刻不在班", "not on duty at this moment"),
    "away": ("休假，至 {until}", "away until {until}"),
    "away_stood_in": ("休假，至 {until}；由{substitute}代", "away until {until}; {substitute} stands in"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dispute asks for. `trades`: of its kind, none where any will do; `body`: that of its tier, if the loop names one."""

    language: str = "zh"
    trades: tuple[str, ...] = ()
    beat: str | None = None
    cell: str | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Usual:
    """How disputes of the kind go at the station: the share that is settled (0 to 1), the median of days until then."""

    share: float = 0.9
    days: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mediator of the station, with what is known of the work in their hands.

    Parameters
    ----------
    trades
        Their own, those of their body, and their type: all are words of the loop's trades.
    cells, beats
        Where they are posted; none of either: for the whole station.
    open, most
        Disputes they hold or are offered now, and how many at once at most.
    cases, settled, days
        Of the dispute's kind within a year: those that came into their hands and ended or went on to others, those settled
        in their hands, and the median of days these took.
    away_until, substitute
        The last day of a leave, and who stands in.
    on_shift
        Whether they are on duty now; None where the station keeps no roster.
    """

    person: int
    code: str
    name: str
    body: str | None = None
    body_zh: str = ""
    body_en: str = ""
    type: str = ""
    trades: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset({"zh"})
    cells: frozenset[str] = frozenset()
    beats: frozenset[str] = frozenset()
    open: int = 0
    most: int = 10
    cases: int = 0
    settled: int = 0
    days: float | None = None
    away_until: str | None = None
    substitute: str = ""
    on_shift: bool | None = None
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason in a word of `REASONS`, with its facts; `good`: whether it speaks for the mediator."""

    word: str
    good: bool
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """A mediator in the proposal. `ready`: neither away nor full; `points`: 0 to 100, for the order alone."""

    who: Candidate
    ready: bool
    points: float
    reasons: tuple[Reason, ...]


def propose(asked: Asked, candidates: Iterable[Candidate], usual: Usual = Usual()) -> list[Match]:
    """Return the mediators in order, the best fit first, each with what speaks for and against them.

    Whoever is away or full comes after all others and is not `ready`: nobody away is ever proposed first. The order does
    not depend on the order of the candidates.
    """
    found = [(who, _match(asked, who, usual)) for who in candidates]
    found.sort(key=lambda pair: _order(asked, *pair))
    return [match for _, match in found]


def _order(asked: Asked, who: Candidate, match: Match) -> tuple[object, ...]:
    away = who.away_until is not None
    speaks = asked.language in who.languages
    return (away, not match.ready, not speaks, -match.points, who.open, who.code, who.person)


def _match(asked: Asked, who: Candidate, usual: Usual) -> Match:
    away, full = who.away_until is not None, who.open >= who.most
    share, past = _past(who, usual)
    near, place = _place(asked, who)
    parts = {
        "trade": 1.0 if not asked.trades or who.trades & set(asked.trades) else 0.0,
        "place": near,
        "load": max(1.0 - who.open / who.most, 0.0),
        "past": share,
        "body": 1.0 if asked.body is not None and asked.body == who.body else 0.0,
        "shift": 1.0 if who.on_shift else 0.0,
    }
    reasons = [*_away(who), *_language(asked, who), *_trade(asked, who), *_load(who), place, *past]
    if asked.body is not None and asked.body == who.body:
        reasons.append(Reason("body", good=True, facts={"body": (who.body_zh, who.body_en)}))
    if who.on_shift is not None and not away:
        reasons.append(Reason("shift" if who.on_shift else "off_shift", good=who.on_shift))
    return Match(who, not (away or full), sum(WEIGHTS[name] * part for name, part in parts.items()), tuple(reasons))


def _away(who: Candidate) -> list[Reason]:
    if who.away_until is None:
        return []
    word = "away_stood_in" if who.substitute else "away"
    return [Reason(word, good=False, facts={"until": who.away_until, "substitute": who.substitute})]


def _language(asked: Asked, who: Candidate) -> list[Reason]:
    """Tell of the language where it is asked for: Chinese goes without saying, its absence does not."""
    if asked.language not in who.languages:
        return [Reason("no_language", good=False, facts={"language": asked.language})]
    return [] if asked.language == "zh" else [Reason("language", good=True, facts={"language": asked.language})]


def _trade(asked: Asked, who: Candidate) -> list[Reason]:
    if not asked.trades:
        return []
    shared = tuple(trade for trade in asked.trades if trade in who.trades)
    return [Reason("trade" if shared else "no_trade", good=bool(shared), facts={"trades": shared or asked.trades})]


def _load(who: Candidate) -> list[Reason]:
    word = "full" if who.open >= who.most else "busy" if 2 * who.open > who.most else "free"
    return [Reason(word, good=word == "free", facts={"open": who.open, "most": who.most})]


def _place(asked: Asked, who: Candidate) -> tuple[float, Reason]:
    """Return the share of the points for place, and the nearest reason."""
    if asked.cell is not None and asked.cell in who.cells:
        return NEAR["cell"], Reason("cell", good=True, facts={"zone": asked.cell})
    if asked.beat is not None and asked.beat in who.beats:
        return NEAR["beat"], Reason("beat", good=True, facts={"zone": asked.beat})
    if not who.cells and not who.beats:
        return NEAR["station"], Reason("station", good=True)
    return NEAR["elsewhere"], Reason("elsewhere", good=False)


def _past(who: Candidate, usual: Usual) -> tuple[float, list[Reason]]:
    """Return the settled share, drawn to the usual one, and what may be said of it."""
    if who.cases < LEAST_CASES:
        return usual.share, [Reason("few", good=True, facts={"cases": who.cases})] if who.cases else []
    share = (who.settled + PRIOR * usual.share) / (who.cases + PRIOR)
    reasons = [Reason("past", good=share >= usual.share, facts={"settled": who.settled, "cases": who.cases})]
    if who.days is not None and usual.days is not None and who.days > usual.days + SLOW_DAYS:
        reasons.append(Reason("slow", good=False, facts={"days": round(who.days), "usual": round(usual.days)}))
    elif who.days is not None:
        reasons.append(Reason("days", good=True, facts={"days": round(who.days)}))
    return share, reasons
