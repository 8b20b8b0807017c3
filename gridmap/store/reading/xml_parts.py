"""XML from somebody else, element by element: memory grows neither with the file nor with what it claims."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Final

from openpyxl.xml.constants import REL_NS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from gridmap.store.reading.faults import Bomb

#: Bytes of XML that one row, one text, or what stands between two of them may have: a row of 16,384 cells has 1 MB.
MAX_HELD: Final = 8 << 20
#: How a document type begins, in every encoding that the parser knows.
_DOCTYPES: Final = tuple("<!DOCTYPE".encode(code) for code in ("ascii", "utf-16-le", "utf-16-be"))
#: A workbook saved as "strict" names the same things otherwise; the library knows one name.
_STRICT: Final = (
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", SHEET_MAIN_NS.encode()),
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", REL_NS.encode()),
)
_T: Final = f"{{{SHEET_MAIN_NS}}}t"
_RUN: Final = f"{{{SHEET_MAIN_NS}}}r"


class Guarded:
    """A part of a package as it is unpacked, for a parser of XML.

    `done` [bytes] is how much has been read; `held` how much since whoever reads it has let go of what he had.
    """

    def __init__(self, part: IO[bytes], name: str, held: int = MAX_HELD) -> None:
        self.part, self.name, self.most = part, name, held
        self.done = self.held = 0
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes.

        Raises
        ------
        Bomb
            If they define entities, or too many had to be held at once.
        """
        chunk = self.part.read(size)
        if self.done == 0:
            for strict, usual in _STRICT:
                chunk = chunk.replace(strict, usual)
        self.done += len(chunk)
        self.held += len(chunk)
        if self.held > self.most:
            raise Bomb(
                f"{self.name}: more than {self.most >> 20} MB of XML in one row or between two; it is refused.",
                file=self.name,
            )
        seen = self.tail + chunk
        if any(doctype in seen for doctype in _DOCTYPES):
            raise Bomb(
                f"{self.name}: a document type with entities; no workbook has one; it is refused.", file=self.name
            )
        self.tail = seen[-20:]
        return chunk


def elements(source: Guarded, tag: str) -> Iterator[Any]:
    """Yield each element named `tag` ("{namespace}name") when it has ended; it is empty when the next is asked for.

    All others are dropped as they end.

    Raises
    ------
    Bomb
        As `Guarded.read`.
    """
    above: list[Any] = []
    wanted: Any = None
    for event, element in iterparse(source, ("start", "end")):
        if event == "start":
            if wanted is None and element.tag == tag:
                wanted = element
            elif wanted is None:
                above.append(element)
            continue
        if element is wanted:
            yield element
            wanted = None
        elif wanted is None:
            above.pop()
        else:
            continue
        if above:
            above[-1].clear()
        source.held = 0


def only_texts(element: Any) -> Any:
    """Drop from a shared or inline text how it is drawn and how a name is spoken, and return it."""
    if len(element) != 1 or element[0].tag != _T:
        for holder in (element, *element.findall(_RUN)):
            for child in list(holder):
                if child.tag not in {_T, _RUN}:
                    holder.remove(child)
    return element
