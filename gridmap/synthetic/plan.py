"""How large a made-up station is to be, and the sizes people ask for by name."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.errors import Invalid


class UnknownSize(Invalid):
    """A size is a name or a number of grid cells."""

    slug, title = "unknown-fixture-size", "Unknown size"


@dataclass(frozen=True)
class Plan:
    """The figures a station is made to."""

    cells: int = 72
    beats: int = 22
    places: int = 28
    doors: int = 26_000
    calls_last_year: int = 6_000  # growing 20 % a year before; 0 makes no incidents
    people: bool = True


@dataclass(frozen=True)
class Size:
    """A whole data set: so many stations in a honeycomb of so many columns, all to one plan."""

    stations: int
    columns: int
    plan: Plan


NAMED = {
    "station": Size(1, 1, Plan()),
    "county": Size(40, 8, Plan()),
    "province": Size(1_400, 40, Plan(50, 16, 20, 8_572, calls_last_year=0)),
}


def find_size(text: str) -> Size:
    """Return the size that a name or a number of grid cells stands for.

    A number is spread over stations of at most 72 cells, each cell with the doors of Nancheng's.

    Raises
    ------
    UnknownSize
        If the text is neither a known name nor a number from 12 to 200,000.

    Examples
    --------
    >>> find_size("5000").stations
    70
    """
    if text in NAMED:
        return NAMED[text]
    if not text.isascii() or not text.isdigit() or not 12 <= int(text) <= 200_000:
        raise UnknownSize(f"'{text}' is not {', '.join(NAMED)} or a number of grid cells from 12 to 200000.", size=text)
    wanted = int(text)
    stations = -(-wanted // 72)
    cells = -(-wanted // stations)
    share = cells / 72
    plan = Plan(
        cells=cells,
        beats=max(2, round(22 * share)),
        places=max(4, round(28 * share)),
        doors=round(26_000 * share),
        calls_last_year=round(6_000 * share),
    )
    return Size(stations, max(1, round(stations**0.5)), plan)
