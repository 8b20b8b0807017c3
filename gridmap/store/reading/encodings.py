"""UTF-8 or GB18030: which one a text is in, and which of its lines are in neither."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from gridmap.store.reading.faults import Bomb, NotWhatItClaims

#: Bytes one line may have; a zone of 10,000 vertices as WKT has about 400,000.
MAX_LINE: Final = 2 << 20

NAMES: Final = {"utf-8": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16"}


def detect(chunks: Iterable[bytes]) -> str:
    """Return "utf-8", "utf-16" or "gb18030": the encoding in which most lines of a text can be read.

    All of it is looked at, because names in Chinese may come late; lines break a doubt.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    first = True
    for chunk in chunks:
        if first and chunk.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        first = False
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            lines = [line for line in chunk.split(b"\n") if not line.isascii()]
            return max(("utf-8", "gb18030"), key=lambda name: sum(readable(line, name) for line in lines))
    return "utf-8"


def readable(line: bytes, encoding: str) -> bool:
    """Return whether `line` can be read in `encoding`."""
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def whole_lines(chunks: Iterable[tuple[bytes, int]], path: Path) -> Iterator[tuple[bytes, int]]:
    """Yield (some whole lines, position in the file) of a text that comes in chunks.

    Raises
    ------
    Bomb
        If a line is longer than `MAX_LINE`.
    """
    rest = b""
    number = position = 0
    for chunk, position in chunks:
        head, end, tail = chunk.rpartition(b"\n")
        if end:
            lines = rest + head + end
            number += lines.count(b"\n")
            yield lines, position
            rest = tail
        else:
            rest += chunk
        if len(rest) > MAX_LINE:
            raise Bomb(f"{path.name}, line {number + 1}: longer than {MAX_LINE >> 20} MB; no table has such lines.")
    if rest:
        yield rest, position


def check_encoding(name: str) -> str:
    """Return Python's name of the encoding `name`, or say which there are.

    Raises
    ------
    NotWhatItClaims
        If there is no such encoding.
    """
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise NotWhatItClaims(f"There is no encoding {name!r}; give utf-8 or gb18030.") from error
