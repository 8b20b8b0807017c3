"""What residents may know of one station, as a mapped file: who answers for each pair of zones, hour by hour, and the rest.

The rest is the team's JSON, for moments beyond the hours that are laid out. A scan reads its pair alone: two bisections and
two short lines of JSON, a few microseconds, whether the process has met the station before or not.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from gridmap.store.snapshot.folder import FileMark
from gridmap.store.snapshot.sections import broken, narrowest, open_sections, write_sections

MAGIC: Final = b"GMteam\n\0"
NONE: Final = 0xFFFFFFFF
_COLUMNS: Final = (
    "packed", "head", "keys", "keyends", "names", "nameends", "first", "start", "card", "lastend", "after", "afterat",
    "people", "peopends", "who", "whoends",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LaidOutPair:
    """Who answers for one pair of zones, spell after spell [epoch s]; no two neighbouring spells have the same card.

    `spells`: (start, card). `end`: of the last spell. `after`: (start, card) of the next change beyond, where it is known.
    """

    names: Sequence[str]
    spells: Sequence[tuple[int, int]]
    end: int
    after: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class LaidOut:
    """The hours of a station laid out: `head` is what all its doors share, `cards` lists who answers, out of `people`."""

    head: Mapping[str, Any]
    people: Sequence[Any]
    cards: Sequence[Sequence[int]]
    pairs: Mapping[tuple[str, str], LaidOutPair] = field(default_factory=dict)


class Turn(NamedTuple):
    """A spell of a pair of zones: [start, end) and, at `change`, the next card; JSON as it lies in the file."""

    start: int
    end: int
    card: bytes
    change: int
    following: bytes | None
    names: bytes


def team_parts(team: Mapping[str, Any], hours: LaidOut | None) -> list[tuple[str, str, Any]]:
    """Return the columns of a station's file; equal teams and hours give equal bytes."""
    from array import array  # noqa: PLC0415 -- for writers

    laid = hours or LaidOut({}, (), ())
    keyed = sorted((f"{beat}\0{cell}".encode(), pair) for (beat, cell), pair in laid.pairs.items())
    first, start, card = array("I", [0]), array("I"), array("I")
    for _, pair in keyed:
        start.extend(at for at, _ in pair.spells)
        card.extend(number for _, number in pair.spells)
        first.append(len(start))
    keys, keyends = _blob(key for key, _ in keyed)
    names, nameends = _blob(_json(list(pair.names)) for _, pair in keyed)
    people, peopends = _blob(_json(one) for one in laid.people)
    who, whoends = array(narrowest(len(laid.people))), array("I")
    for one in laid.cards:
        who.extend(one)
        whoends.append(len(who))
    wide = narrowest(len(laid.cards))
    packed = gzip.compress(_json(team), 6, mtime=0)
    return [
        ("packed", "B", packed), ("head", "B", _json(laid.head)), ("keys", "B", keys), ("keyends", "I", keyends),
        ("names", "B", names), ("nameends", "I", nameends), ("first", "I", first), ("start", "I", start),
        ("card", wide, array(wide, card)), ("lastend", "I", array("I", [pair.end for _, pair in keyed])),
        ("after", "I", array("I", [NONE if pair.after is None else pair.after[1] for _, pair in keyed])),
        ("afterat", "I", array("I", [0 if pair.after is None else pair.after[0] for _, pair in keyed])),
        ("people", "B", people), ("peopends", "I", peopends), ("who", who.typecode, who), ("whoends", "I", whoends),
    ]  # fmt: skip


def write_team(path: Path, team: Mapping[str, Any], hours: LaidOut | None) -> str:
    """Write a station's file and return its sha256.

    Raises
    ------
    SnapshotNotWritable
        If it cannot be written.
    """
    return write_sections(path, MAGIC, 0 if hours is None else len(hours.pairs), team_parts(team, hours))


class TeamFile:
    """A mapped file of one station; safe for any number of threads."""

    __slots__ = ("_column", "_rows", "path")

    def __init__(self, folder: Path, file: FileMark) -> None:
        """Map the file and compare its checksum: it is small.

        Raises
        ------
        SnapshotMissing, SnapshotBroken
        """
        self.path = folder / file.name
        sections = open_sections(self.path, MAGIC, _COLUMNS)
        if hashlib.sha256(self.path.read_bytes()).hexdigest() != file.sha256:
            raise broken(self.path, "its checksum does not fit")
        self._column, self._rows = sections.columns, sections.rows

    def team(self) -> dict[str, Any]:
        """Return the team's JSON, decoded anew: whoever asks keeps what is made of it, and a city's would be large."""
        team: dict[str, Any] = json.loads(gzip.decompress(bytes(self._column["packed"])))
        return team

    def head(self) -> bytes:
        """Return what all doors of the station share, as JSON."""
        return bytes(self._column["head"])

    def turn(self, beat: str | None, cell: str | None, at: float) -> Turn | None:
        """Return the spell of a pair of zones at a moment [epoch s], None where it is not laid out."""
        column, pair = self._column, self._pair(f"{beat or ''}\0{cell or ''}".encode())
        if pair is None:
            return None
        first, end = column["first"][pair], column["first"][pair + 1]
        starts = column["start"]
        spell = bisect_right(starts, at, first, end) - 1
        if spell < first:
            return None
        names = self._piece("names", pair)
        card = self._card(column["card"][spell])
        if spell + 1 < end:
            change = starts[spell + 1]
            return Turn(starts[spell], change, card, change, self._card(column["card"][spell + 1]), names)
        last, after = column["lastend"][pair], column["after"][pair]
        if at >= last:
            return None
        if after == NONE:
            return Turn(starts[spell], last, card, last, None, names)
        return Turn(starts[spell], last, card, column["afterat"][pair], self._card(after), names)

    def _pair(self, key: bytes) -> int | None:
        """Return the row of a pair of zones."""
        low, high = 0, self._rows
        while low < high:
            middle = (low + high) // 2
            if self._piece("keys", middle) < key:
                low = middle + 1
            else:
                high = middle
        return low if low < self._rows and self._piece("keys", low) == key else None

    def _card(self, number: int) -> bytes:
        """Return those who answer, as a JSON list."""
        ends = self._column["whoends"]
        who = self._column["who"][ends[number - 1] if number else 0 : ends[number]]
        return b"[%b]" % b",".join([self._piece("people", one) for one in who])

    def _piece(self, name: str, number: int) -> bytes:
        ends = self._column[_ENDS[name]]
        return bytes(self._column[name][ends[number - 1] if number else 0 : ends[number]])


_ENDS: Final = {"keys": "keyends", "names": "nameends", "people": "peopends"}


def _blob(pieces: Any) -> tuple[bytes, Any]:
    """Return pieces one after the other, and where each ends."""
    from array import array  # noqa: PLC0415 -- for writers

    ends, blob = array("I"), bytearray()
    for piece in pieces:
        blob += piece
        ends.append(len(blob))
    return bytes(blob), ends


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
