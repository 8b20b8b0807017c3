"""A spreadsheet's cell as the text a person would have written: 1.0 is 1, a serial number of a date is that date."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from openpyxl.utils.datetime import from_excel

from gridmap.store.reading.workbook import Workbook, whole

#: A spreadsheet keeps so many digits of a number; what was typed beyond is gone.
DIGITS: Final = 15
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


class CellUnclear(ValueError):
    """A cell holds nothing that can be taken as its value; the reason is for a person."""


def value_of(book: Workbook, kind: str, raw: str, style: int) -> str:
    """Return the text of a cell.

    Parameters
    ----------
    kind
        Its type in the file: n number, s shared text, str and inlineStr text, b yes or no, e error, d date.
    raw
        What stands in the file, not empty.
    style
        Number of its format.

    Raises
    ------
    CellUnclear
        If it is an error (#N/A), a date there is none of, a number Excel has rounded, or damaged.
    """
    if kind == "s":
        place = whole(raw.strip(), -1)
        if not 0 <= place < len(book.texts):
            raise CellUnclear("a text that the workbook does not hold")
        return plain_text(book.texts[place])
    if kind in {"str", "inlineStr"}:
        return plain_text(raw)
    if kind == "b":
        return "true" if raw.strip() in {"1", "true"} else "false"
    if kind == "e":
        raise CellUnclear(f"an error ({raw[:20]})")
    if kind == "d":
        return raw.strip().replace("T", " ").removesuffix(" 00:00:00")
    try:
        number = float(raw)
    except ValueError as error:
        raise CellUnclear("a number that is none") from error
    if style in book.dates:
        return _moment(book, number, span=style in book.spans)
    return number_text(number)


def plain_text(raw: str) -> str:
    r"""Return a text with the signs the file had to write as numbers.

    >>> plain_text("a_x000D_b"), plain_text("_x005F_x0041_")
    ('a\rb', '_x0041_')
    """
    return _ESCAPED.sub(_sign, raw) if "_x" in raw else raw


def _sign(found: re.Match[str]) -> str:
    """Return the sign of a number; half of a pair is none."""
    number = int(found[1], 16)
    return "\ufffd" if 0xD800 <= number <= 0xDFFF else chr(number)


def number_text(number: float) -> str:
    """Return a number as people write it: no exponent, no .0.

    Raises
    ------
    CellUnclear
        If it is not finite, or has more digits than a spreadsheet keeps.

    Examples
    --------
    >>> number_text(1.0), number_text(1.3800138e10), number_text(112.905), number_text(1e-5)
    ('1', '13800138000', '112.905', '0.00001')
    """
    if number != number or number in {float("inf"), float("-inf")}:  # noqa: PLR0124 -- not-a-number is not itself
        raise CellUnclear("a number that is none")
    if number.is_integer():
        if abs(number) >= 10**DIGITS:
            raise CellUnclear(
                f"a number of more than {DIGITS} digits, which the spreadsheet has rounded (make the column text)"
            )
        return str(int(number))
    text = repr(number)
    return text if "e" not in text else f"{number:.20f}".rstrip("0")


def _moment(book: Workbook, number: float, *, span: bool) -> str:
    """Return a serial number as a day, a day and a time of day, a time of day, or hours, minutes and seconds."""
    try:
        found = from_excel(number, book.epoch, timedelta=span)
    except (OverflowError, ValueError) as error:
        raise CellUnclear("a date that there is not") from error
    if isinstance(found, dt.datetime):
        if not 1 <= found.year <= 9999 or number < 0:
            raise CellUnclear("a date that there is not")
        day = found.date().isoformat()
        return day if found.time() == dt.time() else f"{day} {_clock(found.time())}"
    if isinstance(found, dt.timedelta):
        seconds = round(found.total_seconds())
        sign = "-" if seconds < 0 else ""
        hours, rest = divmod(abs(seconds), 3600)
        return f"{sign}{hours:02}:{rest // 60:02}:{rest % 60:02}"
    return _clock(found) if isinstance(found, dt.time) else str(found)


def _clock(time: dt.time) -> str:
    return time.isoformat() if time.microsecond == 0 else time.isoformat(timespec="milliseconds")
