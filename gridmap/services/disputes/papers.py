"""The four accounts, the agreement and the record of a dispute: begun from the station's texts, sealed, kept as versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gridmap.domain import papers as rules
from gridmap.domain.access import Action, Actor, require_action
from gridmap.domain.dispute_words import Taker, Wish
from gridmap.domain.papers import ACCOUNTS, KINDS
from gridmap.errors import NotFound
from gridmap.services.disputes import acting, parties
from gridmap.services.disputes.parties import seen
from gridmap.services.disputes.rules import loop_of, sight_of
from gridmap.services.sealing import Sealer
from gridmap.store import audit, dispute_papers, dispute_parties, dispute_rows
from gridmap.store.dispute_papers import Known, Version

#: What stands where nothing is known yet, to be written by hand.
BLANK: Final = "＿＿＿＿＿＿"


class PaperNotFound(NotFound):
    """The dispute has no such paper."""

    slug, title = "paper-not-found", "No such paper"


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that was opened, or is begun (`id` None). `accounts`: the four by name, of a paper of that kind."""

    id: int | None
    kind: str
    language: str
    text: str
    accounts: Mapping[str, str]
    at: datetime | None = None
    by: str = ""

    def __repr__(self) -> str:
        """Say nothing of what stands in it."""
        return f"Paper({self.id}, {self.kind})"


def context(station: str, dispute: int, kind: str, at: datetime, by: str) -> str:
    """Return what a paper is bound to: its dispute, kind, author and moment, so that no version passes for another."""
    return f"paper {station} {dispute} {kind} {at.astimezone(UTC).isoformat()} {by}"


def versions(session: Session, actor: Actor, station: str, dispute: int) -> list[Version]:
    """Return which papers a dispute has, newest first, without their texts.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound
    """
    seen(session, actor, station, dispute, Action.USE_DESK)
    return dispute_papers.versions(session, station, dispute)


def begin(
    session: Session,
    actor: Actor,
    station: str,
    dispute: int,
    sealer: Sealer,
    *,
    kind: str,
    language: str,
    reason: str = "",
) -> Paper:
    """Return a paper begun from the station's text, not kept yet.

    Parties stand in it by their references. With a `reason` they stand in it by name and number, each opened on record.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound, PaperNotValid, PartyNeedsReason
    """
    require_action(actor, Action.READ_PARTIES)
    row = seen(session, actor, station, dispute)
    text = rules.template(loop_of(session, station).rules.templates, kind, language)
    who = _parties(session, actor, station, dispute, sealer, reason=reason, language=language)
    accounts = _last_accounts(session, actor, station, dispute, sealer) if kind != "accounts" else {}
    facts = _facts(dispute_papers.known(session, station, dispute), language, who)
    if kind != "accounts":
        facts["accounts"] = rules.told(accounts, language)
    return Paper(None, kind, language, rules.fill(text, facts), dict.fromkeys(ACCOUNTS, ""), None, row.opened_by)


def open_paper(session: Session, actor: Actor, station: str, dispute: int, paper: int, sealer: Sealer) -> Paper:
    """Return a version of a paper; the audit keeps who read it.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound, PaperNotFound
    SealBroken
        If it was sealed with another key, or moved from another row.
    """
    seen(session, actor, station, dispute, Action.READ_PARTIES)
    found = _open(session, station, dispute, paper, sealer)
    audit.write(session, [station], by=actor.login, action="open paper", thing=f"dispute {dispute} paper {paper}")
    return found


def write(
    session: Session,
    actor: Actor,
    station: str,
    dispute: int,
    sealer: Sealer,
    *,
    kind: str,
    language: str,
    text: str,
    accounts: Mapping[str, str] | None = None,
    key: str | None = None,
) -> int | None:
    """Keep a version of a paper, note it in the dispute's timeline, and return its id; None where `key` was used for one.

    Of the four accounts, `accounts` are kept too, and written into the text where `{accounts}` stands in it; without a text,
    the station's own is taken.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound, PaperNotValid, KeyUsed, DisputeStepNotPossible, DisputeStepNotYours
    """
    require_action(actor, Action.READ_PARTIES)
    told: dict[str, str] = {}
    if kind == "accounts":
        told = {name: (accounts or {}).get(name, "").replace("\r\n", "\n").strip() for name in ACCOUNTS}
        plain = text or begin(session, actor, station, dispute, sealer, kind=kind, language=language).text
        text = rules.fill(plain, {"accounts": rules.told(told, language)}) if any(told.values()) else ""
    kept = rules.check(kind, text)
    row = seen(session, actor, station, dispute, lock=True)
    own = None if key is None else acting.own_key(actor.login, key)
    asked = acting.digest(kind, text, told, language)
    if own is not None and (done := dispute_rows.of_key(session, station, own)) is not None:
        acting.require_same(done, dispute, "paper", asked)
        return None
    at = datetime.now(UTC)
    content = json.dumps({"language": language, "text": kept, "accounts": told}, ensure_ascii=False)
    sealed = sealer.seal(content, context(station, dispute, kind, at, actor.login))
    paper = dispute_papers.add(session, station, dispute, kind=kind, at=at, by=actor.login, sealed=sealed)
    taker = Taker(str(actor.role), actor.person_id, sight_of(session, actor, station).bodies)
    acting.take(
        session, row, Wish("paper"), taker, by=actor.login, key=own, facts={"paper": kind, "id": paper, "asked": asked}
    )
    audit.write(session, [station], by=actor.login, action="write paper", thing=f"dispute {dispute} paper {paper}")
    return paper


def languages(session: Session, station: str, kind: str) -> tuple[str, ...]:
    """Return the languages a paper can be begun in at a station."""
    return rules.languages(loop_of(session, station).rules.templates, kind)


def _open(session: Session, station: str, dispute: int, paper: int, sealer: Sealer) -> Paper:
    found = dispute_papers.sealed(session, station, dispute, paper)
    if found is None:
        raise PaperNotFound(f"dispute {dispute} has no paper {paper}", dispute=dispute, paper=paper)
    kind, at, by, sealed = found
    told: dict[str, Any] = json.loads(sealer.open(sealed, context(station, dispute, kind, at, by)))
    return Paper(paper, kind, told["language"], told["text"], told["accounts"], at, by)


def _last_accounts(session: Session, actor: Actor, station: str, dispute: int, sealer: Sealer) -> Mapping[str, str]:
    """Return the four accounts as they were written last, on record where there are any."""
    newest = next((one for one in dispute_papers.versions(session, station, dispute) if one.kind == KINDS[0]), None)
    return {} if newest is None else open_paper(session, actor, station, dispute, newest.id, sealer).accounts


def _parties(
    session: Session, actor: Actor, station: str, dispute: int, sealer: Sealer, *, reason: str, language: str
) -> list[str]:
    """Return a line for each party: its reference, or with a reason who it is."""
    lines = []
    labels = ("Telephone", "ID") if language == "en" else ("电话", "身份证号")
    for party in dispute_parties.listing(session, station, dispute):
        told = [party.reference]
        if reason and party.kept:
            who = parties.open_party(session, actor, station, dispute, party.id, sealer, reason=reason)
            if who is not None:
                numbers = zip(labels, (who.phone, who.id_number), strict=True)
                told = [who.name or party.reference, *(f"{label} {number}" for label, number in numbers if number)]
        lines.append((", " if language == "en" else "，").join(told))
    return lines


def _facts(known: Known, language: str, who: list[str]) -> dict[str, str]:
    """Return what stands for each name of a template."""
    place = 1 if language == "en" else 0
    comma = ", " if place else "、"
    zone = ZoneInfo(known.timezone)
    day = "%Y-%m-%d" if place else "%Y年%-m月%-d日"
    return {
        "number": known.number, "station": known.station[place] or known.station[0], "kind": known.kind[place] or known.kind[0],
        "opened": known.opened_at.astimezone(zone).strftime(day), "place": known.place or BLANK,
        "parties": "\n".join(who) or BLANK, "holder": known.holder[place] or BLANK,
        "bodies": comma.join(names[place] for names in known.bodies) or ("none" if place else "无"),
        "terms": known.terms or f"1. {BLANK}\n2. {BLANK}", "today": datetime.now(zone).strftime(day),
    }  # fmt: skip
