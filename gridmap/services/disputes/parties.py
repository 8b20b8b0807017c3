"""The parties of a dispute: a reference for everybody, who they are sealed apart, opened with a reason on record."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain import parties as rules
from gridmap.domain.access import Action, Actor, require_action
from gridmap.domain.dispute_words import Taker, Wish
from gridmap.domain.parties import LONGEST, LONGEST_NOTE, PartyNotValid, Personal
from gridmap.errors import Invalid, NotFound
from gridmap.services.disputes import acting
from gridmap.services.disputes.acting import DisputeNotFound
from gridmap.services.disputes.rules import loop_of, sight_of
from gridmap.services.sealing import Sealer
from gridmap.store import audit, dispute_parties, dispute_rows, mediators
from gridmap.store.dispute_parties import Party
from gridmap.store.dispute_rows import Row

NOTHING: Final = Personal()
SHORTEST_REASON: Final = 4
LONGEST_REASON: Final = 500
#: Who links disputes of one party: the program, not a person.
PROGRAM: Final = "gridmap"


class PartyNotFound(NotFound):
    """The dispute has no such party."""

    slug, title = "party-not-found", "No such party"


class PartyNeedsReason(Invalid):
    """Whoever opens who a party is says why; the audit keeps it."""

    slug, title = "party-needs-reason", "Say why you need it"


def context(party: int) -> str:
    """Return what the sealed data of a party are bound to."""
    return f"party {party}"


def seen(
    session: Session,
    actor: Actor,
    station: str,
    dispute: int,
    action: Action = Action.WORK_DISPUTES,
    *,
    lock: bool = False,
) -> Row:
    """Return a dispute that `actor` may see and do `action` with; three queries at most.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound
    """
    row = dispute_rows.get(session, station, dispute, sight_of(session, actor, station, action), lock=lock)
    if row is None:
        raise DisputeNotFound(f"there is no dispute {dispute} here for you", dispute=dispute)
    return row


def listing(session: Session, actor: Actor, station: str, dispute: int) -> list[Party]:
    """Return the parties of a dispute by their references.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound
    """
    seen(session, actor, station, dispute, Action.USE_DESK)
    return dispute_parties.listing(session, station, dispute)


def add(
    session: Session,
    actor: Actor,
    station: str,
    dispute: int,
    sealer: Sealer,
    *,
    side: int,
    reference: str = "",
    personal: Personal = NOTHING,
) -> tuple[int, list[int]]:
    """Add a party and return its id, and the disputes it was linked to because a party of theirs has the same number.

    Without a reference the initials of the name are shown; a name typed as the reference is sealed, and its initials are
    shown. A party who speaks no Chinese sets the dispute's language.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound, PartyNotValid
    """
    told, typed = rules.check(side, reference or rules.reference_of(personal.name))
    personal = rules.with_name(personal, typed) if typed else personal
    _check(personal)
    row = seen(session, actor, station, dispute, lock=True)
    party = dispute_parties.add(session, station, dispute, side=side, reference=told)
    audit.write(
        session, [station], by=actor.login, action="add party", thing=f"dispute {dispute} party {party}",
        after={"side": side, "reference": told},
    )  # fmt: skip
    return party, _put_away(session, row, party, sealer, personal)


def change(
    session: Session,
    actor: Actor,
    station: str,
    dispute: int,
    party: int,
    sealer: Sealer,
    *,
    side: int,
    reference: str,
    personal: Personal | None = None,
) -> list[int]:
    """Call a party otherwise; with `personal`, what was sealed of it is written anew as well.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound, PartyNotFound, PartyNotValid
    """
    told, typed = rules.check(side, reference or (rules.reference_of(personal.name) if personal else ""))
    row = seen(session, actor, station, dispute, lock=True)
    sealed = _require(session, station, dispute, party)
    if typed:
        # What is sealed stays; nobody is told of it here, so nobody need say why.
        kept = personal or (NOTHING if sealed is None else _unseal(sealer, sealed, party))
        personal = rules.with_name(kept, typed)
    dispute_parties.change(session, station, party, side=side, reference=told)
    audit.write(
        session, [station], by=actor.login, action="change party", thing=f"dispute {dispute} party {party}",
        after={"side": side, "reference": told, "personal": personal is not None},
    )  # fmt: skip
    if personal is None:
        return []
    _check(personal)
    return _put_away(session, row, party, sealer, personal)


def open_party(
    session: Session, actor: Actor, station: str, dispute: int, party: int, sealer: Sealer, *, reason: str
) -> Personal | None:
    """Return who a party is, None where nothing was told; the audit keeps who asked and why.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound, PartyNotFound, PartyNeedsReason
    SealBroken
        If it was sealed with another key.
    """
    require_action(actor, Action.READ_PARTIES)
    why = reason.strip()
    if len(why) < SHORTEST_REASON:
        raise PartyNeedsReason(f"say why in {SHORTEST_REASON} letters or more; the audit keeps it")
    seen(session, actor, station, dispute, Action.READ_PARTIES)
    sealed = _require(session, station, dispute, party)
    audit.write(
        session, [station], by=actor.login, action="open party", thing=f"dispute {dispute} party {party}",
        after={"reason": why[:LONGEST_REASON]},
    )  # fmt: skip
    return None if sealed is None else _unseal(sealer, sealed, party)


def _unseal(sealer: Sealer, sealed: bytes, party: int) -> Personal:
    return Personal(**json.loads(sealer.open(sealed, context(party))))


def _require(session: Session, station: str, dispute: int, party: int) -> bytes | None:
    there, sealed = dispute_parties.sealed(session, station, dispute, party)
    if not there:
        raise PartyNotFound(f"dispute {dispute} has no party {party}", dispute=dispute, party=party)
    return sealed


def _check(personal: Personal) -> None:
    """Refuse what is too long to be a name or a number."""
    long = [name for name in ("name", "phone", "id_number", "language") if len(getattr(personal, name)) > LONGEST]
    if len(personal.note) > LONGEST_NOTE:
        long.append("note")
    if long:
        raise PartyNotValid(f"too long: {', '.join(long)}", reason="fields", faults=long)


def prints_of(sealer: Sealer, station: str, personal: Personal) -> tuple[bytes | None, bytes | None]:
    """Return the prints of a person's telephone and document.

    Prints of two stations cannot be compared: no list of who quarrels where can be made of them.
    """
    phone, document = (
        None if number is None else sealer.print(number, f"party {station}") for number in rules.numbers(personal)
    )
    return phone, document


def _put_away(session: Session, row: Row, party: int, sealer: Sealer, personal: Personal) -> list[int]:
    """Seal who a party is, and link the disputes that have a party with the same number; return these."""
    if personal.language not in {"", "zh"}:
        mediators.speak(session, row.station, row.id, personal.language)
    if not personal:
        return []
    sealed = sealer.seal(json.dumps(asdict(personal), ensure_ascii=False), context(party))
    prints = prints_of(sealer, row.station, personal)
    dispute_parties.put_away(session, row.station, party, sealed, prints)
    if not any(prints):
        return []
    links = dispute_parties.link_same(session, row.station, row.id, prints, by=PROGRAM)
    if links and loop_of(session, row.station).move("linked", row.standing.state) is not None:
        facts = {"links": links, "why": "party"}
        acting.take(session, row, Wish("linked"), Taker("clock"), by=PROGRAM, facts=facts)
    return links
