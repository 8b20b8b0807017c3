"""Propose mediators for a dispute, with reasons; a person picks one and hands it over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain import matching
from gridmap.domain.access import Action, Actor
from gridmap.domain.loops import TIER_HOLDERS, Loop
from gridmap.domain.matching import Asked, Match
from gridmap.services.disputes.acting import DisputeNotFound, can
from gridmap.services.disputes.rules import loop_of, sight_of
from gridmap.store import dispute_rows, mediators
from gridmap.store.dispute_rows import Row

#: How far back past disputes are counted.
PAST: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who fits a dispute. `may`: whether this person may hand it over now; `trades`: code of a trade or type -> Chinese, English."""

    row: Row
    asked: Asked
    matches: tuple[Match, ...]
    may: bool
    trades: dict[str, tuple[str, str]]


def propose(session: Session, actor: Actor, station: str, dispute: int, *, now: datetime | None = None) -> Proposal:
    """Return the station's mediators in the order in which they fit a dispute; about eight small queries.

    What the dispute asks for: the trades of its kind, the body of its tier where the loop names one, its language, and its
    place. See `gridmap.domain.matching` for the weights.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound
    """
    at = now or datetime.now(UTC)
    sight = sight_of(session, actor, station, Action.WORK_DISPUTES)
    row = dispute_rows.get(session, station, dispute, sight)
    if row is None:
        raise DisputeNotFound(f"there is no dispute {dispute} here for you", dispute=dispute)
    loop = loop_of(session, station)
    asked = _asked(session, loop, row, mediators.language_of(session, station, dispute), at)
    found, usual = mediators.candidates(
        session, station, kind=row.standing.kind, matter=row.standing.matter, since=at - PAST, at=at
    )
    holder = row.standing.holder.person
    matches = matching.propose(asked, [who for who in found if who.person != holder], usual)
    names = {one.code: (one.name_zh, one.name_en) for one in (*loop.rules.types, *loop.rules.trades)}
    return Proposal(row, asked, tuple(matches), "passed_on" in can(session, actor, row, sight), names)


def told(match: Match, trades: dict[str, tuple[str, str]], language: str) -> list[tuple[bool, str]]:
    """Return the reasons of a match in words: whether each speaks for the mediator, and the sentence ("zh" or "en")."""
    place = 0 if language == "zh" else 1
    said = []
    for reason in match.reasons:
        facts = {name: _word(name, fact, trades, place) for name, fact in reason.facts.items()}
        said.append((reason.good, matching.REASONS[reason.word][place].format(**facts)))
    return said


def _word(name: str, fact: object, trades: dict[str, tuple[str, str]], place: int) -> object:
    if name == "trades" and isinstance(fact, tuple):
        return ("、" if place == 0 else ", ").join(_either(trades.get(code, (code, code)), place) for code in fact)
    if name == "body" and isinstance(fact, tuple):
        return _either((str(fact[0]), str(fact[1])), place)
    if name == "language":
        return LANGUAGES.get(str(fact), (str(fact), str(fact)))[place]
    return fact


def _either(names: tuple[str, str], place: int) -> str:
    return names[place] or names[1 - place]


def _body(session: Session, row: Row, holder: str, at: datetime) -> str | None:
    """Return the body that holds a tier at the dispute's place: another may stand there for the tier's own."""
    return dispute_rows.holder_at(session, row.station, holder, beat=row.beat, cell=row.grid_cell, at=at).body


def _asked(session: Session, loop: Loop, row: Row, language: str, at: datetime) -> Asked:
    holder = loop.tier(row.standing.tier).holder
    return Asked(
        language or "zh", loop.kind(row.standing.kind).trades, row.beat, row.grid_cell,
        None if holder in TIER_HOLDERS else _body(session, row, holder, at),
    )  # fmt: skip


#: Languages by their codes (ISO 639), as reasons and forms call them.
LANGUAGES: Final[dict[str, tuple[str, str]]] = {
    "zh": ("汉语", "Chinese"), "en": ("英语", "English"), "ar": ("阿拉伯语", "Arabic"), "bo": ("藏语", "Tibetan"),
    "bn": ("孟加拉语", "Bengali"), "de": ("德语", "German"), "es": ("西班牙语", "Spanish"), "fa": ("波斯语", "Persian"),
    "fr": ("法语", "French"), "hi": ("印地语", "Hindi"), "ja": ("日语", "Japanese"), "kk": ("哈萨克语", "Kazakh"),
    "ko": ("韩语", "Korean"), "mn": ("蒙古语", "Mongolian"), "ps": ("普什图语", "Pashto"), "pt": ("葡萄牙语", "Portuguese"),
    "ru": ("俄语", "Russian"), "th": ("泰语", "Thai"), "tr": ("土耳其语", "Turkish"), "ug": ("维吾尔语", "Uyghur"),
    "uk": ("乌克兰语", "Ukrainian"), "ur": ("乌尔都语", "Urdu"), "uz": ("乌兹别克语", "Uzbek"), "vi": ("越南语", "Vietnamese"),
    "yi": ("彝语", "Yi"), "za": ("壮语", "Zhuang"), "sgn": ("手语", "sign language"),
}  # fmt: skip
