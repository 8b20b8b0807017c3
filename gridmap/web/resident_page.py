"""The resident's page behind the QR code: who is responsible for this door now, and how to reach them.

One reply without script, cookie or anything from elsewhere, its style inside it. A page is drawn once for all doors of a
pair of zones, with holes for what differs from door to door, and filled in for each scan: drawing takes a template,
filling a few microseconds. What was drawn is kept for as long as its people, notices and names stay as they are.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from gridmap.domain.plates import Answerer, PlateAnswer
from gridmap.domain.shelf import Shelf
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
    """A page to send: its body, the language's tag, its weak entity tag (empty where it has none)."""

    body: bytes
    tag: bytes
    etag: bytes = b""


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

    def __init__(self, numbers: str, *, secure: bool, kept: int = 2_000) -> None:
        self.numbers = [one.strip() for one in numbers.split(",") if one.strip()]
        self.headers = [
            (name.lower().encode(), value.encode()) for name, value in shell.headers(STYLE, secure=secure).items()
        ]
        self._drawn: Shelf[tuple[object, ...], _Drawn] = Shelf(kept)
        self._same: dict[bytes, bytes] = {}
        self._texts: dict[str, bytes] = {}
        self._moments: dict[tuple[str, str], tuple[datetime, bytes, bytes]] = {}

    def answer(self, answer: PlateAnswer, wish: str | None = None) -> Page:
        """Return the page that tells an answer, in the language wished for where the station offers it."""
        language = "zh" if wish is None else shell.chosen(wish, answer.languages)
        beat, cell, status = answer.beat, answer.grid_cell, answer.status
        facts = _FACTS(answer)
        key = (
            answer.station,
            None if beat is None else beat.code,
            None if cell is None else cell.code,
            language,
            status if status in _TOLD else "",
            answer.stale,
            answer.village != "",
            answer.street != "",
            answer.number_tail != "",
            answer.replaced_by is None,
        )
        drawn = self._drawn.get(key)
        if drawn is None or drawn.facts != facts:
            drawn = self._draw("scan.html", language, self._told(answer, language), facts)
            self._drawn.put(key, drawn)
        code, village, street, tail = (
            answer.plate.encode(),
            self._text(answer.village),
            self._text(answer.street),
            self._text(answer.number_tail),
        )
        first, second = self._moment(answer.as_of, answer.timezone, language)
        body = drawn.fill(
            {
                "code": code,
                "spaced": b"%b-<wbr>%b-<wbr>%b" % (code[:4], code[4:8], code[8:]),
                "village": village,
                "street": street,
                "tail": tail,
                "as_of": first,
                "as_of2": second,
                "new": b"" if answer.replaced_by is None else answer.replaced_by.encode(),
            }
        )
        mark = zlib.crc32(village, zlib.crc32(street, zlib.crc32(tail)))
        if answer.replaced_by is not None:
            mark = zlib.crc32(answer.replaced_by.encode(), mark)
        return Page(body, _TAGS[language], b'W/"%b%x"' % (drawn.digest, mark))

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
        return Page(drawn.fill(given), _TAGS[language])

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

    def _moment(self, at: datetime, timezone: str, language: str) -> tuple[bytes, bytes]:
        """Return a moment as the page tells it in its first and its second language; the one asked for last is kept."""
        kept = self._moments.get((timezone, language))
        if kept is not None and kept[0] == at:
            return kept[1], kept[2]
        local = at.astimezone(ZoneInfo(timezone))
        first, second = (shell.when(local, one).encode() for one in (language, shell.beside(language)))
        self._moments[timezone, language] = at, first, second
        return first, second


_TAGS: Final = {language: tag.encode() for language, (tag, _) in shell.LANGUAGES.items()}
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
