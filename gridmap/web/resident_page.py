"""The resident's page behind the QR code: who is responsible for this door now, and how to reach them.

One reply without script, cookie or anything from elsewhere, its style inside it. A page is drawn once for each shape
(`resident_shapes`), with holes for whatever is said on it, and filled in for each scan: drawing takes a template,
filling a few microseconds. What doors of a pair of zones share is read once, escaped, and kept as one short text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any, Final, NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from gridmap.domain.codes import number_code
from gridmap.domain.shelf import Shelf
from gridmap.services.scan import Found, Part
from gridmap.web import resident_shell as shell
from gridmap.web.resident_shapes import (
    BETWEEN,
    DOOR,
    HOLE,
    MARKS,
    TOLD,
    DoorShape,
    Moments,
    Shape,
    read,
    stand_in,
    washed,
)

STYLE: Final = "scan.css"
_BETWEEN: Final = BETWEEN.encode()
#: How the marks of holes begin in UTF-8; other signs of the private use area do as well.
_SUSPECT: Final = b"\xee\x80"
#: Shapes of pages that are kept, at most twice as many [about 4.5 kB each].
_SHAPES: Final = 256
#: Texts of places and moments that are kept escaped.
_MOST_TEXTS: Final = 20_000


class _Drawn(NamedTuple):
    """A page drawn for a shape: text of ours and holes in turn.

    `doors`: place among `pieces`, number in `DOOR` of what a door fills. `order`: takes the texts of `read` in the order
    of the `holes` on the page.
    """

    pieces: list[bytes]
    doors: tuple[tuple[int, int], ...]
    order: Callable[[list[str]], tuple[str, ...]]
    holes: int
    digest: bytes

    def fill(self, shared: Sequence[bytes], door: Sequence[bytes]) -> bytes:
        """Return the page with its holes filled: `shared` has a text for each hole, `door` those of `DOOR`."""
        out = self.pieces.copy()
        out[1::2] = shared
        for place, number in self.doors:
            out[place] = door[number]
        return b"".join(out)


class Page(NamedTuple):
    """A page to send: its body, the headers of its language, its weak entity tag, when it ends [epoch s]."""

    body: bytes
    headers: list[tuple[bytes, bytes]]
    etag: bytes = b""
    until: float = 0.0


class _Filling(NamedTuple):
    """What fills a page for the doors of one `part`: the `text` of all its holes, with `BETWEEN` between them.

    One text takes a third of the memory of many short ones, and parting it takes a microsecond.
    """

    part: Part
    drawn: _Drawn
    text: bytes
    tag: bytes
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
        Parts of answers whose texts are kept ready, at most twice as many [about 1 kB each].
    """

    def __init__(self, numbers: str, *, secure: bool, kept: int = 2_750) -> None:
        self.numbers = [one.strip() for one in numbers.split(",") if one.strip()]
        shared = [
            (name.lower().encode(), value.encode()) for name, value in shell.headers(STYLE, secure=secure).items()
        ]
        self._headers = {
            language: [*shared, (b"content-language", tag.encode())] for language, (tag, _) in shell.LANGUAGES.items()
        }
        self._ready: Shelf[tuple[object, ...], _Filling] = Shelf(kept)
        self._drawn: Shelf[Shape | tuple[object, ...], _Drawn] = Shelf(_SHAPES)
        self._ends = Moments()
        self._same: dict[bytes, bytes] = {}
        self._texts: dict[str, bytes] = {}
        self._moments: dict[tuple[str, str], tuple[float, bytes, bytes]] = {}

    def answer(self, found: Found, wish: str | None = None) -> Page:
        """Return the page that tells an answer, in the language wished for where the station offers it."""
        code, row, part, _, as_of, stale = found
        status, street, village, _, _, tail, heir = row
        station = part.station
        language = "zh" if wish is None else shell.chosen(wish, station.languages)
        texts = self._texts
        place = texts.get(village) or self._text(village)
        way = texts.get(street) or self._text(street)
        end = texts.get(tail) or self._text(tail)
        # Parts are made anew, so the address in memory is enough to find one; whether it is this one is looked at.
        key = (id(part), language, status, stale, heir is None, place == b"", way == b"", end == b"")
        ready = self._ready.get(key)
        if ready is None or ready.part is not part:
            shown = status if status in TOLD else "alive"
            door = DoorShape(language, shown, stale, heir is not None, place != b"", way != b"", end != b"")
            ready = self._filling_for(part, door)
            self._ready.put(key, ready)
        _, drawn, text, tag, until = ready
        symbols = code.encode()
        moments = self._moments.get((station.timezone, language))
        if moments is None or moments[0] != as_of:
            moments = self._moment(as_of, station.timezone, language)
        mark = crc32(place, crc32(way, crc32(end)))
        new = b""
        if heir is not None:
            new = number_code(heir).encode()
            mark = crc32(new, mark)
        given = (symbols, _spaced(symbols), place, way, end, moments[1], moments[2], new)
        body = drawn.fill(text.split(_BETWEEN), given)
        return Page(body, self._headers[language], b'W/"%b.%x"' % (tag, mark), until)

    def _filling_for(self, part: Part, door: DoorShape) -> _Filling:
        """Return what fills the page of a part."""
        drawn, text = self._filled(part, door)
        if _SUSPECT in text or text.count(_BETWEEN) != drawn.holes - 1:
            drawn, text = self._filled(washed(part), door)
        return _Filling(part, drawn, text, b"%b%x" % (drawn.digest, crc32(text)), part.valid_until.timestamp())

    def _filled(self, part: Part, door: DoorShape) -> tuple[_Drawn, bytes]:
        """Return the page of a part's shape, and the texts of its holes, escaped, in their order on the page."""
        shape, texts = read(part, door, self._ends)
        drawn = self._drawn.get(shape)
        if drawn is None:
            drawn = self._draw("scan.html", door.language, stand_in(shape))
            self._drawn.put(shape, drawn)
        # All texts are escaped in one go: what stands between them is left as it is.
        return drawn, str(escape(BETWEEN.join(drawn.order(texts)))).encode("utf-8", "replace")

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
            drawn = self._draw("scan_wrong.html", language, told)
            self._drawn.put(key, drawn)
        code = (suggestion or "").encode()
        shown = escape(typed[:24].translate(MARKS)).encode("utf-8", "replace")
        given = (b"", _spaced(code), b"", b"", b"", b"", b"", b"", shown, code)
        return Page(drawn.fill((b"",) * drawn.holes, given), self._headers[language])

    def _draw(self, template: str, language: str, told: dict[str, Any]) -> _Drawn:
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
            style=shell.style(STYLE)[0],
            emergency=self.numbers,
            known=shell.SAID["zh"],
            **told,
        )
        pieces: list[bytes] = []
        doors: list[tuple[int, int]] = []
        order: list[int] = []
        lines = "".join(line.strip() + "\n" for line in text.splitlines() if line.strip())
        for place, piece in enumerate(HOLE.split(lines)):
            if not place % 2:
                pieces.append(self._shared(piece))
                continue
            pieces.append(b"")
            if piece.isdigit():
                order.append(int(piece))
            else:
                order.append(0)
                doors.append((place, DOOR.index(piece)))
        digest = hashlib.blake2b(b"\0".join(pieces), digest_size=6).hexdigest().encode()
        take = itemgetter(*order) if len(order) > 1 else tuple  # only pages without an answer have so few holes
        return _Drawn(pieces, tuple(doors), take, len(order), digest)

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
            found = self._texts[text] = str(escape(text.translate(MARKS))).encode("utf-8", "replace")
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


def _spaced(code: bytes) -> bytes:
    """Return a code in groups of four that a line may part."""
    return b"%b-<wbr>%b-<wbr>%b" % (code[:4], code[4:8], code[8:])
