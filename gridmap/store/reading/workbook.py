"""What an .xlsx workbook is made of: its sheets, its shared texts, which of its number formats are dates.

The package is read in place, part by part, by a parser that builds nothing and knows no entities: a workbook is a ZIP
archive of XML, and both are ways to make a small file enormous.
"""

from __future__ import annotations

import lzma
import posixpath
import xml.parsers.expat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from gridmap.store.reading.archive import check_package
from gridmap.store.reading.faults import Bomb, NotWhatItClaims, Truncated

#: Bytes the small parts (list of sheets, formats) may unpack to; styles of workbooks long in use reach 10 MB.
MAX_PART: Final = 32 << 20
#: Bytes the shared texts may unpack to: they are held at once.
MAX_TEXTS: Final = 512 << 20
MAX_SHEETS: Final = 500

WORKBOOK: Final = "xl/workbook.xml"
LINKS: Final = "xl/_rels/workbook.xml.rels"
FORMATS: Final = "xl/styles.xml"
#: Names of formats in Chinese and Japanese Excel that say a day (ECMA-376, part 1, 18.8.30).
EASTERN_DATES: Final = frozenset({*range(27, 37), *range(50, 59)})

Start = Callable[[str, dict[str, str]], None]


@dataclass
class Workbook:
    """A workbook: sheet -> member of the archive, for the visible ones and the hidden; texts; formats that are dates.

    `name` is what a person calls the file; `sizes` [bytes] are those of its members, unpacked.
    """

    path: Path
    name: str
    sizes: dict[str, int] = field(default_factory=dict)
    visible: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    dates: frozenset[int] = frozenset()
    spans: frozenset[int] = frozenset()
    epoch: datetime = CALENDAR_WINDOWS_1900

    @property
    def sheets(self) -> dict[str, str]:
        """All sheets, in no order of theirs: visible ones first."""
        return self.visible | self.hidden


@contextmanager
def asking(name: str) -> Iterator[None]:
    """Ask an archive something; what it answers when it is damaged is told as a file that was cut off."""
    try:
        yield
    except (
        zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, xml.parsers.expat.ExpatError, NotImplementedError,
        ValueError, LookupError,
    ) as error:  # fmt: skip
        raise Truncated(
            f"{name} is a damaged or cut-off workbook ({error}); open it in Excel and save it again.",
            file=name,
        ) from error


def parser_of(name: str) -> xml.parsers.expat.XMLParserType:
    """Return a parser that names elements without their prefix ("namespace name") and refuses entities."""
    parser = xml.parsers.expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def doctype(*_: object) -> None:
        raise Bomb(f"{name}: a document type with entities; no workbook has one; it is refused.", file=name)

    parser.StartDoctypeDeclHandler = doctype
    return parser


def open_workbook(path: Path, shown: Path | None = None) -> Workbook:
    """Return what the workbook at `path` is made of; no row is read yet. `shown` is the path the person gave.

    Raises
    ------
    NotWhatItClaims
        If it has no sheet.
    Bomb, Encrypted, Truncated
        As `check_package`; and if a part is larger than any honest one.
    """
    given = shown or path
    book = Workbook(path, given.name)
    with asking(book.name), zipfile.ZipFile(path) as archive:
        book.sizes = check_package(archive, given)
        if WORKBOOK not in book.sizes:
            raise NotWhatItClaims(f"{book.name} holds no workbook; save it as .xlsx.", file=book.name)
        _read_sheets(archive, book)
        if FORMATS in book.sizes:
            book.dates, book.spans = _read_formats(archive, book)
        texts = next((name for name in book.sizes if name.lower() == "xl/sharedstrings.xml"), None)
        if texts is not None:
            _check(book, texts, MAX_TEXTS)
            with archive.open(texts) as part:
                book.texts = _texts(part, book.name)
    if not book.sheets:
        raise NotWhatItClaims(f"{book.name} has no sheet; export it again.", file=book.name)
    return book


def _check(book: Workbook, member: str, limit: int) -> None:
    if book.sizes[member] > limit:
        raise Bomb(
            f"{book.name}: its {member} unpacks to {book.sizes[member] >> 20} MB, more than {limit >> 20}; split the file."
        )


def _walk(archive: zipfile.ZipFile, member: str, book: Workbook, start: Start) -> None:
    """Call `start` with the bare name of each element of a small part, and its attributes."""
    _check(book, member, MAX_PART)
    parser = parser_of(book.name)
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(" ")[2], attributes)
    with archive.open(member) as part:
        parser.ParseFile(part)


def _read_sheets(archive: zipfile.ZipFile, book: Workbook) -> None:
    """Fill in the sheets and from which day the workbook counts."""
    targets: dict[str, str] = {}
    found: list[tuple[str, str, str]] = []

    def link(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            key = next((value for name, value in attributes.items() if name.endswith(" id")), "")
            found.append((attributes.get("name", ""), key, attributes.get("state", "visible")))
        elif tag == "workbookPr" and attributes.get("date1904", "0") in {"1", "true"}:
            book.epoch = CALENDAR_MAC_1904

    if LINKS in book.sizes:
        _walk(archive, LINKS, book, link)
    _walk(archive, WORKBOOK, book, sheet)
    if len(found) > MAX_SHEETS:
        raise Bomb(f"{book.name} has {len(found):,} sheets, more than {MAX_SHEETS}; give the one with the rows.")
    for name, key, state in found:
        target = targets.get(key, "")
        member = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
        if member in book.sizes and "chartsheet" not in member:
            (book.visible if state == "visible" else book.hidden)[name] = member


def _read_formats(archive: zipfile.ZipFile, book: Workbook) -> tuple[frozenset[int], frozenset[int]]:
    """Return which styles of cells say a day or a time, and which say a length of time ([h]:mm)."""
    own: dict[int, str] = {}
    used: list[int] = []
    inside = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if tag == "numFmt":
            own[whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif tag in {"cellXfs", "cellStyleXfs", "cellStyles"}:
            inside = tag == "cellXfs"
        elif tag == "xf" and inside:
            used.append(whole(attributes.get("numFmtId")))

    _walk(archive, FORMATS, book, start)
    codes = {number: own.get(number, BUILTIN_FORMATS.get(number, "")) for number in set(used)}
    dates = {number for number, code in codes.items() if is_date_format(code) or (number in EASTERN_DATES and not code)}
    spans = {number for number, code in codes.items() if is_timedelta_format(code)}
    return (
        frozenset(place for place, number in enumerate(used) if number in dates),
        frozenset(place for place, number in enumerate(used) if number in spans),
    )


def whole(text: str | None, default: int = 0) -> int:
    """Return a number of at most nine digits; `default` for what is none."""
    return int(text) if text is not None and len(text) < 10 and text.isascii() and text.isdigit() else default


class _Texts:
    """Takes the shared texts out of the parser's events; how a name is spoken (`rPh`) is no part of it."""

    def __init__(self, name: str) -> None:
        self.ready: list[str] = []
        self.pieces: list[str] = []
        self.within = self.spoken = False
        self.parser = parser_of(name)
        self.parser.StartElementHandler, self.parser.EndElementHandler = self.start, self.end
        self.parser.CharacterDataHandler = self.say

    def start(self, tag: str, _: dict[str, str]) -> None:
        bare = tag.rpartition(" ")[2]
        self.spoken = self.spoken or bare == "rPh"
        self.within = bare == "t" and not self.spoken

    def end(self, tag: str) -> None:
        bare = tag.rpartition(" ")[2]
        self.within = False
        self.spoken = self.spoken and bare != "rPh"
        if bare == "si":
            self.ready.append("".join(self.pieces))
            self.pieces.clear()

    def say(self, text: str) -> None:
        if self.within:
            self.pieces.append(text)


def _texts(part: IO[bytes], name: str) -> list[str]:
    """Return the shared texts in order, as they are written."""
    taking = _Texts(name)
    taking.parser.ParseFile(part)
    return taking.ready
