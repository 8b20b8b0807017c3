"""Give a station its loop: check a file, load it, let stations follow it, and refuse what would strand open disputes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import KINDS, OPEN
from gridmap.domain.loop_check import reached_states
from gridmap.domain.loop_file import LoopFile, read_loop
from gridmap.domain.loop_rules import from_json, to_json
from gridmap.domain.loop_zones import beats_of, cells_of
from gridmap.domain.loops import STANDARD, TIER_HOLDERS, Loop, LoopNotValid
from gridmap.errors import Conflict
from gridmap.services.disputes.rules import LoopNotFound
from gridmap.store import audit, editions, loop_people, loops


class LoopInUse(Conflict):
    """Disputes that are not through stand where the new rules know no way on, or are held by who is no longer named."""

    slug, title = "loop-in-use", "Open disputes stand in the way of these rules"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a loop did. `followers`: every station that follows it now; `retired`: station -> bodies and mediators.

    `empty`: station -> bodies that hold a tier and have no mediator there; what comes to them goes to the desk.
    """

    loop: Loop
    followers: tuple[str, ...]
    kinds: tuple[str, ...]
    bodies: int
    mediators: int
    retired: dict[str, tuple[str, ...]] = field(default_factory=dict)
    empty: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """A loop in the list, with the stations that follow it."""

    code: str
    name_zh: str
    name_en: str
    loaded_at: datetime
    by: str
    stations: tuple[str, ...]


def check_file(text: str, name: str) -> LoopFile:
    """Read and check a loop's file; the database is not asked.

    Raises
    ------
    LoopNotValid
    """
    found = read_loop(text, name)
    if found.loop.code == STANDARD.code:
        fault = f"[loop]: the code {STANDARD.code} is gridmap's own loop: give yours another"
        raise LoopNotValid(f"{name}: {fault}", faults=[fault], file=name)
    return found


def load(session: Session, given: LoopFile, stations: Sequence[str] = (), *, by: str) -> Loaded:
    """Write a loop into the database and let `stations` follow it; only the owner of the data may.

    New kinds are added, the bodies and mediators of each of `stations` become those of the file. No step is taken
    meanwhile. For a dry run roll the transaction back.

    Raises
    ------
    StationNotFound
    LoopNotValid
        If a kind, beat or cell of the file is unknown, or a station follows the loop that lacks the body of a tier.
    LoopInUse
        If a dispute that is not through stands where the rules know no way on, or is held by who is no longer named.
    """
    for station in stations:
        editions.find_station(session, station)
    loops.hold_disputes(session)
    following = tuple(sorted({*loops.followers(session, given.loop.code), *stations}))
    _require_known(session, given, stations)
    _require_room(session, given.loop, following)
    _require_free_hands(session, given, stations)
    known = [(code, zh, en, True) for code, (zh, en) in KINDS.items()]
    new = [(one.code, one.name_zh, one.name_en, one.dispute) for one in given.categories]
    added = loops.add_kinds(session, known + new)
    before = loops.read(session, given.loop.code)
    loops.put(session, given.loop, to_json(given.loop.rules), by=by)
    retired = {station: _people(session, station, given) for station in stations}
    for station in stations:
        loops.follow(session, station, given.loop.code)
    _require_bodies(session, given.loop, following)
    after = {"tiers": len(given.loop.tiers), "steps": len(given.loop.moves), "followers": list(following)}
    was = None if before is None else {"tiers": len(before[2]), "steps": len(before[3])}
    audit.write(
        session,
        following or (None,),
        by=by,
        action="load loop",
        thing=f"loop {given.loop.code}",
        before=was,
        after=after,
    )
    empty = {station: found for station in following if (found := empty_tiers(session, given.loop, station))}
    return Loaded(given.loop, following, tuple(added), len(given.bodies), len(given.mediators), retired, empty)


def follow(session: Session, station: str, code: str, *, by: str) -> Loop:
    """Let a station follow a loop that is loaded; its bodies and mediators stay as they are.

    Raises
    ------
    StationNotFound, LoopNotFound, LoopInUse
    LoopNotValid
        If the station lacks the body of a tier.
    """
    place = editions.find_station(session, station)
    loop = named(session, code)
    loops.hold_disputes(session)
    _require_room(session, loop, (station,))
    _require_bodies(session, loop, (station,))
    before = {"loop": place.loop}
    loops.follow(session, station, code)
    session.expire(place)
    audit.write(session, [station], by=by, action="follow loop", thing=station, before=before, after={"loop": code})
    return loop


def empty_tiers(session: Session, loop: Loop, station: str) -> tuple[str, ...]:
    """Return the bodies that hold a tier and have no mediator at a station: what comes to them goes to the desk."""
    wanted = {tier.holder for tier in loop.tiers.values()} - set(TIER_HOLDERS)
    return tuple(sorted(wanted & loop_people.empty_bodies(session, station)))


def named(session: Session, code: str) -> Loop:
    """Return a loop by its code.

    Raises
    ------
    LoopNotFound
    """
    found = loops.read(session, code)
    if found is None:
        raise LoopNotFound(f"there is no loop {code}; `gridmap loop list` names them", loop=code)
    name_zh, name_en, tiers, moves, rules = found
    return Loop(code, name_zh, name_en, tiers, moves, from_json(rules))


def listing(session: Session) -> list[Listed]:
    """Return every loop, by code."""
    return [Listed(*row[:5], tuple(row[5])) for row in loops.listing(session)]


def _people(session: Session, station: str, given: LoopFile) -> tuple[str, ...]:
    """Write the bodies and mediators of a station; return who is let go."""
    loop_people.put_bodies(session, station, given.bodies)
    for one in given.mediators:
        loop_people.put_mediator(session, station, one)
    gone = loop_people.drop_mediators(session, station, [one.code for one in given.mediators])
    return (*loop_people.drop_bodies(session, station, [body.code for body in given.bodies]), *gone)


def _require_known(session: Session, given: LoopFile, stations: Sequence[str]) -> None:
    """Refuse kinds that are neither new nor known, and zones a station does not have."""
    open_kinds = set(given.kinds) - set(KINDS) - {one.code for one in given.categories}
    faults = [
        f"[[kind]] {code}: nobody knows this kind: give it name_zh and name_en"
        for code in sorted(open_kinds - loops.known_kinds(session, sorted(open_kinds)))
    ]
    beats, cells = beats_of(given), cells_of(given)
    for station in stations if beats or cells else ():
        missing = dict.fromkeys(loop_people.missing_zones(session, station, beats=beats, cells=cells))
        faults += [
            f"[[mediator]] or [[body]]: station {station} has no beat or cell {zone} in its edition in force: say which is "
            f"meant with --zone {zone}=CODE, or write its code into the file"
            for zone in missing
        ]
    if faults:
        raise LoopNotValid(f"loop {given.loop.code}: " + "; ".join(faults), faults=faults)


def _require_room(session: Session, loop: Loop, stations: Sequence[str]) -> None:
    """Refuse a loop in which disputes that are not through would stand at no tier or have no way on."""
    faults = []
    for station, state, resume, tier, count, number in loops.standings(session, stations):
        where = f"{count:,} at station {station} (as {number})"
        if tier > loop.top and state in OPEN:
            faults.append(f"{where} stand at tier {tier}, and the loop has {loop.top}")
            continue
        strange = [one for one in (state, resume) if one is not None and not _goes_on(loop, one)]
        faults += [f"{where} are {one.replace('_', ' ')}, which the loop does not know" for one in strange]
    if faults:
        raise LoopInUse(
            f"loop {loop.code}: {'; '.join(faults)}; settle or close them first (passing on lowers no tier), or keep their tier and steps",
            faults=faults,
        )


def _goes_on(loop: Loop, state: str) -> bool:
    """Return whether a dispute may stand in a state: of those it can come to, `check` has seen that a way leads on."""
    return state in reached_states(loop) and (state in OPEN or "closed" in reached_states(loop, state))


def _require_free_hands(session: Session, given: LoopFile, stations: Sequence[str]) -> None:
    """Refuse a file that no longer names a body or mediator who holds open disputes."""
    faults = []
    for station in stations:
        of_bodies = loop_people.held_by_bodies(session, station, [body.code for body in given.bodies])
        of_people = loop_people.held_by_mediators(session, station, [one.code for one in given.mediators])
        for what, rows in (("body", of_bodies), ("mediator", of_people)):
            faults += [
                f"{what} {code} of station {station} is no longer named and has {count:,} open (as {number})"
                for code, count, number in rows
            ]
    if faults:
        raise LoopInUse(f"loop {given.loop.code}: {'; '.join(faults)}; let others take these over first", faults=faults)


def _require_bodies(session: Session, loop: Loop, stations: Sequence[str]) -> None:
    """Refuse a loop one of whose tiers is held by a body that a station does not have."""
    wanted = {tier.holder for tier in loop.tiers.values()} - set(TIER_HOLDERS)
    faults = [
        f"station {station} has no body {body}, which holds a tier: load the file with --station {station}"
        for station in stations
        for body in sorted(wanted - loop_people.active_bodies(session, station))
    ]
    if faults:
        raise LoopNotValid(f"loop {loop.code}: {'; '.join(faults)}", faults=faults)
