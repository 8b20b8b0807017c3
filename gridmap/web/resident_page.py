"""The resident's page behind the QR code: who is responsible for this door now, and how to reach them.

One reply without script, cookie or anything from elsewhere, its style inside it. A page is drawn once for all doors of a
pair of zones, with holes for what differs from door to door, and filled in for each scan: drawing takes a template,
filling a few microseconds. What was drawn is kept for as long as its people, notices and names stay as they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, Final, NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from gridmap.domain.codes import number_code
from gridmap.domain.plates import Answerer, PlateAnswer
from gridmap.domain.shelf import Shelf
from gridmap.services.scan import Found, Part
from gridmap.web import resident_shell as shell

STYLE: Final = "scan.css"
#: What an answer has in common with those of the other doors of its zones; equal facts, equal page.
_FACTS: Final = attrgetter(
    "people", "following", "notices", "valid_until", "beat", "grid_cell", "station_zh", "station_en", "desk_phone",
    "timezone", "synthetic", "languages", "edition", "published_at",
)  # fmt: skip
#: The states of a plate that a page tells; all others are a plate as it should be.
_TOLD: Final = frozenset({"moved", "damaged", "lost", "replaced", "retired"})
#: How somebody comes to answer, where there are words for it.
_VIAS: Final = frozenset({"duty", "substitute", "team", "neighbour"})
#: Signs of the private use area that mark a hole and a place to part a drawn page; no font has them.
_HOLE: Final = re.compile("\ue000(code|spaced|village|street|tail|as_of2?|new|typed|suggestion)\ue001")
_SPLIT: Final = "\ue002"
_MARKS: Final = str.maketrans("", "", "\ue000\ue001\ue002")
#: Texts of places and moments that are kept escaped.
_MOST_TEXTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A drawn page: `pieces` with b"" at its `holes` (place, name), the `facts` it was drawn from, a digest of both."""

    pieces: tuple[bytes, ...]
    holes: tuple[tuple[int, str], ...]
    digest: bytes
    facts: object

    def fill(self, given: dict[str, bytes]) -> bytes:
        """Return the page with its holes filled."""
        out = [*self.pieces]
        for place, name in self.holes:
            out[place] = given.get(name, b"")
        return b"".join(out)


class Page(NamedTuple):
    """A page to send: its body, the headers of its language, its weak entity tag, when it ends [epoch s]."""

    body: bytes
    headers: list[tuple[bytes, bytes]]
    etag: bytes = b""
    until: float = 0.0


class _Ready(NamedTuple):
    """A drawn page beside the part of an answer it was drawn for."""

    part: Part
    drawn: _Drawn
    until: float


class ResidentPages:
    """Draws, keeps and fills the pages of one process.

    Parameters
    ----------
    numbers
        Numbers for emergencies, comma-separated.
    secure
        Whether the service is reached over HTTPS.
    kept
        How many drawn pages are kept, at most twice as many [about 4 kB each].
    """

    def __init__(self, numbers: str, *, secure: bool, kept: int = 4_000) -> None:
        self.numbers = [one.strip() for one in numbers.split(",") if one.strip()]
        shared = [
            (name.lower().encode(), value.encode()) for name, value in shell.headers(STYLE, secure=secure).items()
        ]
        self._headers = {
            language: [*shared, (b"content-language", tag.encode())] for language, (tag, _) in shell.LANGUAGES.items()
        }
        self._ready: Shelf[tuple[object, ...], _Ready] = Shelf(kept)
        self._drawn: Shelf[tuple[object, ...], _Drawn] = Shelf(kept)
        self._same: dict[bytes, bytes] = {}
        self._texts: dict[str, bytes] = {}
        self._moments: dict[tuple[str, str], tuple[float, bytes, bytes]] = {}

    def answer(self, found: Found, wish: str | None = None) -> Page:
        """Return the page that tells an answer, in the language wished for where the station offers it."""
        code, row, part, _, as_of, stale = found
        status, street, village, _, _, tail, heir = row
        station = part.station
        language = "zh" if wish is None else shell.chosen(wish, station.languages)
        # Parts are made anew, so the address in memory is enough to find one; whether it is this one is looked at.
        key = (id(part), language, status, stale, village == "", street == "", tail == "")
        ready = self._ready.get(key)
        if ready is None or ready.part is not part:
            answer = found.answer()
            ready = _Ready(part, self._drawn_for(answer, language, key[2:]), answer.valid_until.timestamp())
            self._ready.put(key, ready)
        drawn = ready.drawn
        symbols = code.encode()
        moments = self._moments.get((station.timezone, language))
        if moments is None or moments[0] != as_of:
            moments = self._moment(as_of, station.timezone, language)
        texts = self._texts
        place = texts.get(village) or self._text(village)
        way = texts.get(street) or self._text(street)
        end = texts.get(tail) or self._text(tail)
        given = {
            "code": symbols,
            "spaced": b"%b-<wbr>%b-<wbr>%b" % (symbols[:4], symbols[4:8], symbols[8:]),
            "village": place,
            "street": way,
            "tail": end,
            "as_of": moments[1],
            "as_of2": moments[2],
        }
        mark = crc32(place, crc32(way, crc32(end)))
        if heir is not None:
            given["new"] = number_code(heir).encode()
            mark = crc32(given["new"], mark)
        return Page(drawn.fill(given), self._headers[language], b'W/"%b%x"' % (drawn.digest, mark), ready.until)

    def _drawn_for(self, answer: PlateAnswer, language: str, shape: tuple[object, ...]) -> _Drawn:
        """Return the page drawn for an answer: one that was drawn from the same facts, or a new one."""
        facts = _FACTS(answer)
        beat, cell = answer.beat, answer.grid_cell
        key = (answer.station, beat and beat.code, cell and cell.code, language, shape)
        drawn = self._drawn.get(key)
        if drawn is None or drawn.facts != facts:
            drawn = self._draw("scan.html", language, self._told(answer, language), facts)
            self._drawn.put(key, drawn)
        return drawn

    def wrong(self, kind: str, wish: str | None = None, typed: str = "", suggestion: str | None = None) -> Page:
        """Return the page for a scan without an answer.

        Parameters
        ----------
        kind
            "unknown" (no such code), "wait" (too many wrong ones), "missing" (nothing to answer from).
        typed
            What was typed, shown again to mend it.
        suggestion
            The right code that differs in one symbol, where there is one.
        """
        language = shell.chosen(wish)
        key = (kind, language, suggestion is None)
        drawn = self._drawn.get(key)
        if drawn is None:
            told = {"kind": kind, "suggested": suggestion is not None, "offers": shell.offers(), "synthetic": False}
            drawn = self._draw("scan_wrong.html", language, told, None)
            self._drawn.put(key, drawn)
        code = (suggestion or "").encode()
        given = {
            "typed": escape(typed[:24].translate(_MARKS)).encode("utf-8", "replace"),
            "suggestion": code,
            "spaced": b"%b-<wbr>%b-<wbr>%b" % (code[:4], code[4:8], code[8:]),
        }
        return Page(drawn.fill(given), self._headers[language])

    def _told(self, answer: PlateAnswer, language: str) -> dict[str, Any]:
        """Return what the template needs beside the words."""
        zone = ZoneInfo(answer.timezone)
        officers = [one for one in answer.people if one.role in {"officer", "auxiliary"}]
        following: Sequence[Answerer] = [one for one in answer.following if one.role in {"officer", "auxiliary"}] or [
            one for one in answer.following if one.role == "duty_desk"
        ]
        published = answer.published_at
        return {
            "answer": answer,
            "officers": officers,
            "following": following,
            "shown": answer.status if answer.status in _TOLD else "alive",
            "zones": [one for one in (answer.beat, answer.grid_cell) if one is not None],
            "until": shell.when(answer.valid_until.astimezone(zone), language),
            "until2": shell.when(answer.valid_until.astimezone(zone), shell.beside(language)),
            "published": "" if published is None else f"{published.astimezone(zone):%Y-%m-%d}",
            "when": lambda at: shell.when(at.astimezone(zone), language),
            "offers": shell.offers(answer.languages),
            "synthetic": answer.synthetic,
            "first_name": lambda zh, en: (en or zh) if language != "zh" else (zh or en),
            "second_name": lambda zh, en: (zh if en else "") if language != "zh" else en,
            "numbered": lambda role: "scan_badge" if role in {"officer", "auxiliary"} else "scan_number",
        }

    def _draw(self, template: str, language: str, told: dict[str, Any], facts: object) -> _Drawn:
        other = shell.beside(language)
        text = shell.templates.get_template(template).render(
            lang=language,
            tag=shell.LANGUAGES[language][0],
            tag2=shell.LANGUAGES[other][0],
            dir=shell.direction(language),
            dir2=shell.direction(other),
            t=partial(_say, _WORDS[language]),
            u=partial(_say, _WORDS[other]),
            both=_BOTH[language].__getitem__,
            more="" if language == "zh" else f"&lang={language}",
            hole=lambda name: Markup(f"\ue000{name}\ue001"),  # noqa: S704 -- a mark, filled with escaped text
            split=_SPLIT,
            style=shell.style(STYLE)[0],
            emergency=self.numbers,
            known=shell.SAID["zh"],
            vias=_VIAS,
            dial=shell.dial,
            **told,
        )
        pieces: list[bytes] = []
        holes: list[tuple[int, str]] = []
        lines = "".join(line.strip() + "\n" for line in text.splitlines() if line.strip())
        for number, piece in enumerate(_HOLE.split(lines)):
            if number % 2:
                holes.append((len(pieces), piece))
                pieces.append(b"")
            else:
                pieces.extend(self._shared(part) for part in piece.split(_SPLIT))
        digest = hashlib.blake2b(b"".join(pieces), digest_size=9).hexdigest().encode()
        return _Drawn(tuple(pieces), tuple(holes), digest, facts)

    def _shared(self, text: str) -> bytes:
        """Return `text` encoded; equal pieces of several pages are one object."""
        if len(self._same) > _MOST_TEXTS:
            self._same.clear()
        piece = text.encode("utf-8", "replace")
        return self._same.setdefault(piece, piece)

    def _text(self, text: str) -> bytes:
        """Return `text` escaped and encoded."""
        found = self._texts.get(text)
        if found is None:
            if len(self._texts) > _MOST_TEXTS:
                self._texts.clear()
            found = self._texts[text] = str(escape(text.translate(_MARKS))).encode("utf-8", "replace")
        return found

    def _moment(self, at: float, timezone: str, language: str) -> tuple[float, bytes, bytes]:
        """Return a moment [epoch s] and how a page tells it in its two languages; the one told last is kept."""
        local = datetime.fromtimestamp(at, ZoneInfo(timezone))
        first, second = (shell.when(local, one).encode() for one in (language, shell.beside(language)))
        kept = self._moments[timezone, language] = at, first, second
        return kept


#: The words are ours, and need no escaping; what is filled into them is escaped.
_WORDS: Final = {
    language: {key: Markup(words) for key, words in said.items()}  # noqa: S704
    for language, said in shell.SAID.items()
}
#: Each word with the second language small beside it.
_BOTH: Final = {
    language: {
        key: Markup('{} <small lang="{}" dir="{}">{}</small>').format(
            words,
            shell.LANGUAGES[shell.beside(language)][0],
            shell.direction(shell.beside(language)),
            _WORDS[shell.beside(language)][key],
        )
        for key, words in said.items()
    }
    for language, said in _WORDS.items()
}


def _say(words: dict[str, Markup], key: str, **facts: object) -> Markup:
    """Return words for a template."""
    return words[key].format(**facts) if facts else words[key]
