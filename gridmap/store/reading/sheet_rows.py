"""The rows of one sheet, one after the other, in memory that does not grow with the sheet."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gridmap.store.reading.archive import CHUNK
from gridmap.store.reading.cell_values import CellUnclear, value_of
from gridmap.store.reading.faults import NotWhatItClaims
from gridmap.store.reading.workbook import Workbook, asking, parser_of, whole

#: What a sheet can have (ECMA-376, and every program that writes one).
MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 16_384
#: Bytes one cell may have: 32,767 characters, each written as a number.
MAX_CELL: Final = 32_767 * 8

_NAMESPACES: Final = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_TAGS: Final = {
    f"{space} {name}": name for space in _NAMESPACES for name in ("row", "c", "v", "f", "t", "is", "rPh", "sheetData")
}


@dataclass
class Row:
    """One row that says something: its number on the sheet, column (from 0) -> text, and what is wrong with it.

    `words` counts the cells that are text and no number: names of columns are.
    """

    number: int
    cells: dict[int, str] = field(default_factory=dict)
    words: int = 0
    fault: tuple[int, str] | None = None


def rows_of(book: Workbook, member: str) -> Iterator[tuple[Row, int]]:
    """Yield (row, bytes read so far) of the sheet in `member` for every row that is not blank.

    Raises
    ------
    NotWhatItClaims
        If it has rows or columns that no sheet has.
    Truncated, Bomb
        If it ends early, is damaged, or has entities.
    """
    with asking(book.name), zipfile.ZipFile(book.path) as archive, archive.open(member) as part:
        reader = _Reader(book)
        read = 0
        while chunk := part.read(CHUNK):
            read += len(chunk)
            reader.parser.Parse(chunk, False)
            for row in reader.ready:
                yield row, read
            reader.ready.clear()
        reader.parser.Parse(b"", True)
        for row in reader.ready:
            yield row, read


class _Reader:
    """Turns the events of the parser into rows; `ready` holds those that are whole."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.ready: list[Row] = []
        self.row = Row(0)
        self.column = -1
        self.kind, self.style = "n", 0
        self.pieces: list[str] = []
        self.length = 0
        self.taking = self.formula = self.valued = self.spoken = False
        self.columns: dict[str, int] = {}
        self.parser = parser_of(book.name)
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.say

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _TAGS.get(tag)
        if name == "c":
            self.column = self._column(attributes.get("r"))
            self.kind = attributes.get("t", "n")
            self.style = whole(attributes.get("s"))
            self.formula = self.valued = False
            self.pieces.clear()
            self.length = 0
        elif name == "v":
            self.taking = self.valued = True
        elif name == "t":
            self.taking = self.kind == "inlineStr" and not self.spoken
        elif name == "row":
            self.row = Row(self._number(attributes.get("r")))
            self.column = -1
        elif name == "f":
            self.formula = True
        elif name == "rPh":
            self.spoken = True

    def say(self, text: str) -> None:
        if self.taking:
            self.length += len(text)
            if self.length > MAX_CELL:
                self._refuse(f"row {self.row.number}: a cell longer than any spreadsheet keeps")
            self.pieces.append(text)

    def end(self, tag: str) -> None:
        name = _TAGS.get(tag)
        if name in {"v", "t"}:
            self.taking = False
        elif name == "c":
            self._take()
        elif name == "row":
            if self.row.cells or self.row.fault:
                self.ready.append(self.row)
        elif name == "rPh":
            self.spoken = False

    def _take(self) -> None:
        """Take the cell that has ended into the row."""
        raw = "".join(self.pieces)
        if not raw.strip():
            if self.formula and not self.valued:
                self._fault("a formula without its value (open the file in Excel and save it)")
            return
        try:
            text = value_of(self.book, self.kind, raw, self.style)
        except CellUnclear as unclear:
            self._fault(str(unclear))
            return
        if text.strip():
            self.row.cells[self.column] = text
            self.row.words += self.kind in {"s", "str", "inlineStr"}

    def _fault(self, reason: str) -> None:
        if self.row.fault is None:
            self.row.fault = (self.column, reason)

    def _number(self, said: str | None) -> int:
        number = self.row.number + 1 if said is None else whole(said)
        if not 1 <= number <= MAX_ROWS:
            self._refuse(f"a row numbered {str(said)[:12]}, and no sheet has more than {MAX_ROWS:,}")
        return number

    def _column(self, said: str | None) -> int:
        """Return the column of a cell named like AB12, from 0; of one without a name, the next."""
        if said is None:
            found = self.column + 1
        else:
            letters = said.rstrip("0123456789")
            found = self.columns.get(letters, -1)
            if found < 0:
                number = 0
                for letter in letters.upper()[:4]:
                    number = number * 26 + (ord(letter) - 64 if "A" <= letter <= "Z" else MAX_COLUMNS + 1)
                found = number - 1
                self.columns[letters] = found
        if not 0 <= found < MAX_COLUMNS:
            self._refuse(f"row {self.row.number}: a column named {str(said)[:12]}, and no sheet has such a one")
        return found

    def _refuse(self, told: str) -> None:
        raise NotWhatItClaims(f"{self.book.name} has {told}; open it in Excel and save it again.", file=self.book.name)
