"""Expected response: what residents of each beat would feel, from the hypercube queueing model.

A load says how much work a beat is given; it does not say how often its officer is already busy when somebody calls,
who then comes instead, and from how far. The hypercube model does: every officer is free or busy, calls come at random
(Poisson), the beat's own officer or else the nearest free one goes, and if all are busy the call waits its turn (or goes
to another service). Up to `EXACT` officers the model is solved exactly; beyond, by Larson's approximation: a few per
cent from it in the mean, at most some 7 % in the minutes of travel over all calls (tests/geo/test_queueing.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import gammaln

from gridmap.errors import Invalid
from gridmap.geo.queueing_exact import solve_states

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from gridmap.geo.units import Units

    Floats = NDArray[np.float64]

EXACT = 12  # officers; 4,096 states
_ROUNDS, _SETTLED = 500, 1e-10
_SQUARE = 0.5214  # mean distance between two random points of a square, in sides; the mean of its square is 1/3


class BadCalls(Invalid):
    """Calls, minutes or homes of officers that no queue can be made of."""

    slug, title = "bad-calls", "The calls cannot be queued"


class TooManyCalls(Invalid):
    """More work comes in than all officers together can do: the queue would grow without end."""

    slug, title = "too-many-calls", "More calls than the officers can answer"


@dataclass(frozen=True, slots=True)
class Response:
    """What n beats may expect of m officers.

    `busy` (m,): share of the time each officer is on a call; `share` (n, m): of the calls of each beat, the share each
    officer answers (rows sum to 1 less what is lost); `elsewhere` (n,): share of the answered calls that an officer of
    another beat answers; `travel_min`, `response_min` (n,): mean minutes on the way, and from call to arrival (waiting
    included). `all_busy`: probability that no officer is free; `lost`: share of calls nobody here answers; `wait_min`:
    mean minutes a call waits for an officer to be free. The `overall_` figures are means over calls. `exact`: solved,
    not approximated.
    """

    busy: Floats
    share: Floats
    elsewhere: Floats
    travel_min: Floats
    response_min: Floats
    all_busy: float
    lost: float
    wait_min: float
    overall_elsewhere: float
    overall_travel_min: float
    overall_response_min: float
    exact: bool


def travel_minutes(x: ArrayLike, y: ArrayLike, area_m2: ArrayLike, *, speed_kmh: float, detour: float = 1.3) -> Floats:
    """Return the mean minutes from beat to beat.

    Parameters
    ----------
    x, y
        (n,) centres of the beats [m], in a metric CRS.
    area_m2
        (n,) their areas [m2]. Officer and caller are anywhere in their beats: within one the way is that between two
        random points of a square as large, between two it is that much longer than from centre to centre.
    speed_kmh
        Mean speed on the way [km/h].
    detour
        Way on streets over the straight line.

    Returns
    -------
    minutes
        (n, n), from row to column.

    Raises
    ------
    BadCalls
        If the speed is not above 0, or the detour is below 1.
    """
    return _minutes(x, y, np.asarray(area_m2, dtype=float) / 6, speed_kmh, detour)


def _minutes(x: ArrayLike, y: ArrayLike, spread: Floats, speed_kmh: float, detour: float) -> Floats:
    """Return minutes between random points of zones whose points lie `spread` [m2] from the centre, in the mean square."""
    if not (speed_kmh > 0 and detour >= 1):
        raise BadCalls(
            f"A speed of {speed_kmh} km/h with a detour of {detour} is none: give a speed > 0, a detour >= 1."
        )
    east, north = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    apart = (east[:, None] - east) ** 2 + (north[:, None] - north) ** 2
    both = spread[:, None] + spread
    # Far apart only the half of the spread that lies across the way makes it longer; within a square, 0.82 of it.
    near = np.divide(both, both + apart, out=np.zeros_like(both), where=both > 0)
    metres = np.sqrt(apart + both * (0.5 + (3 * _SQUARE**2 - 0.5) * near))
    minutes: Floats = metres * detour / (speed_kmh / 0.06)
    return minutes


def expected_response(
    calls_per_hour: ArrayLike,
    service_min: float,
    travel_min: ArrayLike,
    *,
    home: ArrayLike | None = None,
    waiting: bool = True,
    method: Literal["auto", "exact", "approximate"] = "auto",
) -> Response:
    """Return what residents of each beat may expect, in the mean over a long time like the hour given.

    Parameters
    ----------
    calls_per_hour
        (n,) calls of each beat an hour.
    service_min
        Mean minutes a call keeps an officer, the way included.
    travel_min
        (n, n) mean minutes from beat (row) to beat (column), as `travel_minutes` returns them.
    home
        (m,) the beat each officer waits in between calls; one in every beat by default.
    waiting
        Calls wait when all are busy, first come first served; else another service takes them and they count as lost.
    method
        "auto" solves up to `EXACT` officers exactly.

    Returns
    -------
    response
        See `Response`. The beat's own officer goes, else the nearest free one; of equally near ones the first.

    Raises
    ------
    BadCalls
        If sizes do not fit, a number is negative or not finite, there is no officer, no call, or "exact" has too many.
    TooManyCalls
        If calls wait and more work comes in than the officers can do.

    References
    ----------
    Larson (1974), "A hypercube queuing model for facility location and redistricting in urban emergency services",
    Computers & Operations Research 1(1), 67-95. Larson (1975), "Approximating the performance of urban emergency
    service systems", Operations Research 23(5), 845-868.
    """
    calls, minutes, at = _checked(calls_per_hour, service_min, travel_min, home)
    officers, total = len(at), float(calls.sum())
    exact = officers <= EXACT if method == "auto" else method == "exact"
    if exact and officers > EXACT + 4:
        raise BadCalls(f"{officers} officers make 2^{officers} states; the exact solution takes up to {EXACT + 4}.")
    offered = total * service_min / 60
    if waiting and offered >= officers:
        raise TooManyCalls(
            f"{total:g} calls an hour of {service_min:g} minutes keep {offered:.2f} officers busy without end, and there "
            f"are {officers}: add officers, or let calls be lost (waiting=False).",
            offered=offered,
            officers=officers,
        )
    in_system = busy_officers(officers, offered, waiting=waiting)
    way, part = minutes[at].T, calls / total
    own = at == np.arange(len(calls))[:, None]
    order = np.argsort(np.where(own, -1.0, way), axis=1, kind="stable")
    at_once = (solve_states if exact else approximate)(part, offered, order, in_system, waiting=waiting)
    all_busy = float(in_system[-1])
    late, lost = (all_busy, 0.0) if waiting else (0.0, all_busy)
    wait = late * service_min / (officers - offered) if late else 0.0
    # Who is free first takes a call that waited, each officer as often as any other, and comes from the call before.
    share = at_once + late / officers
    travel = ((at_once * way).sum(axis=1) + late * (part @ minutes)) / (1 - lost)
    elsewhere = 1 - (share * own).sum(axis=1) / (1 - lost)
    return Response(
        busy=offered * (part @ share),
        share=share,
        elsewhere=elsewhere,
        travel_min=travel,
        response_min=travel + wait,
        all_busy=all_busy,
        lost=lost,
        wait_min=wait,
        overall_elsewhere=float(part @ elsewhere),
        overall_travel_min=float(part @ travel),
        overall_response_min=float(part @ travel) + wait,
        exact=exact,
    )


def response_of_plan(
    units: Units,
    zone: ArrayLike,
    calls_per_hour: ArrayLike,
    service_min: float,
    *,
    zones: int,
    speed_kmh: float,
    detour: float = 1.3,
    waiting: bool = True,
) -> Response:
    """Return what residents may expect of a plan with an officer in every zone: a measure beside its balance.

    Parameters
    ----------
    units
        n units.
    zone
        (n,) zone number of each unit, 0 to `zones` - 1.
    calls_per_hour
        (n,) calls of each unit an hour; where a zone's calls come from in the mean is its centre.
    service_min, speed_kmh, detour, waiting
        As in `expected_response` and `travel_minutes`.

    Raises
    ------
    BadCalls, TooManyCalls
        As `expected_response`.
    """
    number, calls = np.asarray(zone, dtype=np.int64), np.asarray(calls_per_hour, dtype=float)
    if not number.shape == calls.shape == units.load.shape:
        raise BadCalls(f"{len(units)} units need a zone and a number of calls each, in their order.")
    weight = calls + 1e-12 * max(float(calls.sum()), 1.0)  # a zone without calls has a centre too
    total = np.maximum(np.bincount(number, weights=weight, minlength=zones), 1e-300)
    x, y = (np.bincount(number, weights=weight * at, minlength=zones) / total for at in (units.x, units.y))
    away = (units.x - x[number]) ** 2 + (units.y - y[number]) ** 2 + units.area_m2 / 6
    spread = np.bincount(number, weights=weight * away, minlength=zones) / total
    minutes = _minutes(x, y, spread, speed_kmh, detour)
    by_zone = np.bincount(number, weights=calls, minlength=zones)
    return expected_response(by_zone, service_min, minutes, waiting=waiting)


def busy_officers(officers: int, offered: float, *, waiting: bool) -> Floats:
    """Return (m + 1,) probabilities that 0..m of m officers are busy, `offered` erlang of work coming in.

    The last holds every state in which all are busy, also those with calls waiting (Erlang C); without waiting it is
    the share of calls lost (Erlang B).
    """
    number = np.arange(officers + 1)
    log = number * np.log(offered) - gammaln(number + 1)
    weight = np.exp(log - log.max())
    if waiting:
        weight[-1] /= 1 - offered / officers
    result: Floats = weight / weight.sum()
    return result


def approximate(part: Floats, offered: float, order: NDArray[np.int64], in_system: Floats, *, waiting: bool) -> Floats:
    """Return (n, m) the share of the calls of each beat that each officer answers at once; as `solve_states`, quickly.

    Officers are taken as busy independently of each other, corrected by what is known of officers sent at random
    (Larson 1975); how busy each one is comes from a fixed point.
    """
    officers = order.shape[1]
    late = float(in_system[-1]) if waiting else 0.0
    answered = 1.0 if waiting else 1 - float(in_system[-1])
    mean = offered * answered / officers
    factor = _dependence(in_system, mean)
    busy: Floats = np.full(officers, mean)
    for _ in range(_ROUNDS):
        in_order = busy[order]
        before = np.cumprod(in_order, axis=1) / in_order * factor  # all earlier choices busy
        asked = np.bincount(order.ravel(), weights=(before * part[:, None]).ravel(), minlength=officers) * offered
        new = (asked + offered * late / officers) / (1 + asked)
        new *= mean * officers / new.sum()
        moved, busy = float(np.abs(new - busy).max()), np.minimum(new, 1 - 1e-9)
        if moved < _SETTLED:
            break
    in_order = busy[order]
    sent = np.cumprod(in_order, axis=1) / in_order * factor * (1 - in_order)
    sent *= (1 - in_system[-1]) / sent.sum(axis=1, keepdims=True)
    share = np.empty_like(sent)
    np.put_along_axis(share, order, sent, axis=1)
    return share


def _dependence(in_system: Floats, mean: float) -> Floats:
    """Return (m,) how much likelier than for independent officers the first j are all busy and the next is free."""
    officers = len(in_system) - 1
    busy, tried = np.arange(officers)[None, :], np.arange(officers)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        log = (
            gammaln(busy + 1) - gammaln(busy - tried + 1) + gammaln(officers - tried) - gammaln(officers + 1)
            + np.log(officers - busy) + np.log(in_system[:-1])
            - tried * np.log(mean) - np.log1p(-mean)
        )  # fmt: skip
    log[busy < tried] = -np.inf
    result: Floats = np.exp(np.logaddexp.reduce(log, axis=1))
    return result


def _checked(
    calls_per_hour: ArrayLike, service_min: float, travel_min: ArrayLike, home: ArrayLike | None
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return calls, minutes and homes as arrays, or raise `BadCalls`."""
    calls, minutes = np.asarray(calls_per_hour, dtype=float), np.asarray(travel_min, dtype=float)
    at = np.arange(len(calls)) if home is None else np.asarray(home, dtype=np.int64)
    if minutes.shape != (len(calls), len(calls)):
        raise BadCalls(f"{len(calls)} beats need a table of {len(calls)} x {len(calls)} minutes, not {minutes.shape}.")
    for name, values in (("calls", calls), ("minutes of travel", minutes)):
        if not (np.isfinite(values) & (values >= 0)).all():
            raise BadCalls(f"The {name} hold a number that is negative or not finite.")
    if not (calls.sum() > 0 and np.isfinite(service_min) and service_min > 0):
        raise BadCalls("There must be calls, and a call must take more than 0 minutes.")
    if not (at.size and at.min() >= 0 and at.max() < len(calls)):
        raise BadCalls(f"Every officer's home is a beat from 0 to {len(calls) - 1}, and there is at least one officer.")
    return calls, minutes, at
