"""What an .xlsx workbook is made of: its sheets, its shared texts, which of its number formats are dates.

openpyxl says what the parts mean. It trusts what it is given, and a workbook is a ZIP archive of XML, both of which are
ways to make a small file enormous: so the package is looked at first, and every part on its way to the library.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from openpyxl.cell.text import Text
from openpyxl.packaging.relationship import get_dependents
from openpyxl.packaging.workbook import WorkbookPackage
from openpyxl.styles.stylesheet import Stylesheet
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import fromstring

from gridmap.errors import GridmapError
from gridmap.store.reading.archive import check_package
from gridmap.store.reading.faults import Bomb, NotWhatItClaims, Truncated
from gridmap.store.reading.xml_parts import Guarded, elements, only_texts

#: Bytes the small parts (list of sheets, formats) may unpack to; styles of workbooks long in use reach 10 MB.
MAX_PART: Final = 32 << 20
#: Elements and attributes of a small part: all of it is held at once.
MAX_MARKS: Final = 1_000_000
#: Bytes the shared texts may unpack to, and how many they may be: they are held at once.
MAX_TEXTS: Final = 512 << 20
MAX_TEXT_COUNT: Final = 10_000_000
MAX_SHEETS: Final = 500

WORKBOOK: Final = "xl/workbook.xml"
LINKS: Final = "xl/_rels/workbook.xml.rels"
FORMATS: Final = "xl/styles.xml"
#: Names of formats in Chinese and Japanese Excel that say a day (ECMA-376, part 1, 18.8.30); the library knows them not.
EASTERN_DATES: Final = frozenset({*range(27, 37), *range(50, 59)})


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
    """Ask an archive something; what the libraries say when it is damaged is told as a file that was cut off."""
    try:
        yield
    except GridmapError:
        raise
    except Exception as error:  # what openpyxl raises on a part it does not understand has no common class
        raise Truncated(
            f"{name} is a damaged or cut-off workbook ({str(error)[:200]}); open it in Excel and save it again.",
            file=name,
        ) from error


class _Package(zipfile.ZipFile):
    """The archive as openpyxl reads its small parts: each is looked at before it becomes a tree."""

    book: Workbook

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        member = name if isinstance(name, str) else name.filename
        _check(self.book, member, MAX_PART)
        with self.open(name, pwd=pwd) as part:
            content = Guarded(part, self.book.name, held=MAX_PART).read()
        if content.count(b"<") + content.count(b"=") > MAX_MARKS:
            raise Bomb(
                f"{self.book.name}: its {member} has more than {MAX_MARKS:,} elements; copy the sheet to a new workbook.",
                file=self.book.name, member=member,
            )  # fmt: skip
        return content


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
    with asking(book.name), _Package(path) as archive:
        archive.book = book
        book.sizes = check_package(archive, given)
        if WORKBOOK not in book.sizes:
            raise NotWhatItClaims(f"{book.name} holds no workbook; save it as .xlsx.", file=book.name)
        _read_sheets(archive, book)
        _read_formats(archive, book)
        texts = next((name for name in book.sizes if name.lower() == "xl/sharedstrings.xml"), None)
        if texts is not None:
            _read_texts(archive, book, texts)
    if not book.sheets:
        raise NotWhatItClaims(f"{book.name} has no sheet; export it again.", file=book.name)
    return book


def _check(book: Workbook, member: str, limit: int) -> None:
    if book.sizes[member] > limit:
        raise Bomb(
            f"{book.name}: its {member} unpacks to {book.sizes[member] >> 20} MB, more than {limit >> 20}; split the file."
        )


def _tree(archive: _Package, member: str, kept: AbstractSet[str]) -> Any:
    """Return a small part without what says nothing of values: the library is strict with it, other programs are not."""
    root: Any = fromstring(archive.read(member))
    for child in list(root):
        if child.tag.rpartition("}")[2] not in kept:
            root.remove(child)
    return root


def _read_sheets(archive: _Package, book: Workbook) -> None:
    """Fill in the sheets and from which day the workbook counts."""
    package: Any = WorkbookPackage.from_tree(_tree(archive, WORKBOOK, {"sheets", "workbookPr"}))
    if package.workbookPr is not None and package.workbookPr.date1904:
        book.epoch = CALENDAR_MAC_1904
    if len(package.sheets) > MAX_SHEETS:
        raise Bomb(
            f"{book.name} has {len(package.sheets):,} sheets, more than {MAX_SHEETS}; give the one with the rows."
        )
    targets = get_dependents(archive, LINKS).to_dict() if LINKS in book.sizes else {}
    for sheet in package.sheets:
        link = targets.get(sheet.id)
        if link is None or link.TargetMode == "External" or "chartsheet" in link.target:
            continue
        if link.target in book.sizes:
            (book.visible if sheet.state == "visible" else book.hidden)[sheet.name] = link.target


def _read_formats(archive: _Package, book: Workbook) -> None:
    """Fill in which styles of cells say a day or a time, and which say a length of time ([h]:mm)."""
    if FORMATS not in book.sizes:
        return
    root = _tree(archive, FORMATS, {"numFmts", "cellXfs"})
    for style in root.iter(f"{{{SHEET_MAIN_NS}}}xf"):
        del style[:]
    sheet: Any = Stylesheet.from_tree(root)
    eastern = {place for place, style in enumerate(sheet.cell_styles) if style.numFmtId in EASTERN_DATES}
    book.dates, book.spans = frozenset(sheet.date_formats | eastern), frozenset(sheet.timedelta_formats)


def _read_texts(archive: _Package, book: Workbook, member: str) -> None:
    """Fill in the shared texts in order, as they are written; how a name is spoken is no part of it."""
    _check(book, member, MAX_TEXTS)
    with archive.open(member) as part:
        for element in elements(Guarded(part, book.name), f"{{{SHEET_MAIN_NS}}}si"):
            text: Any = Text.from_tree(only_texts(element))
            book.texts.append(text.content)
            if len(book.texts) > MAX_TEXT_COUNT:
                raise Bomb(f"{book.name} holds more than {MAX_TEXT_COUNT:,} texts; split the file.", file=book.name)
