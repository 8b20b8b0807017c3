"""A spreadsheet's cell as the text a person would have written: 1.0 is 1, a serial number of a date is that date."""

from __future__ import annotations

import datetime as dt
from typing import Final

from openpyxl.utils.datetime import from_excel
from openpyxl.utils.escape import unescape

from gridmap.store.reading.workbook import Workbook

#: A spreadsheet keeps so many digits of a number; what was typed beyond is gone.
DIGITS: Final = 15


class CellUnclear(ValueError):
    """A cell holds nothing that can be taken as its value; the reason is for a person."""


def value_of(book: Workbook, kind: str, value: object, style: int) -> str:
    """Return the text of a cell.

    Parameters
    ----------
    kind
        Its type: n number, s text, b yes or no, e error, d date.
    value
        What openpyxl takes it for; dates that the file has as numbers are numbers.
    style
        Number of its format.

    Raises
    ------
    CellUnclear
        If it is an error (#N/A), a date there is none of, or a number Excel has rounded.
    """
    if kind == "e":
        raise CellUnclear(f"an error ({str(value)[:20]})")
    if kind == "s":
        return plain_text(str(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError as error:
            raise CellUnclear("a number that is none") from error
        return _moment(book, number, span=style in book.spans) if style in book.dates else number_text(number)
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return _told(value)
    raise CellUnclear("a number that is none")


def plain_text(raw: str) -> str:
    r"""Return a text with the signs the file had to write as numbers; half of a pair is none.

    >>> plain_text("a_x000D_b"), plain_text("_x005F_x0041_")
    ('a\rb', '_x0041_')
    """
    return unescape(raw).encode("utf-16", "surrogatepass").decode("utf-16", "replace") if "_x" in raw else raw


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
    if isinstance(found, dt.datetime) and (not 1 <= found.year <= 9999 or number < 0):
        raise CellUnclear("a date that there is not")
    return _told(found)


def _told(found: dt.date | dt.time | dt.timedelta | None) -> str:
    if isinstance(found, dt.datetime):
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
