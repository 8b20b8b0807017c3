"""What is written on a plate: the door's address in the pieces a passer-by reads, and no person's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: What follows the number of a house, a building, a stairwell, a room: the usual word, and others that addresses have.
HOUSE: Final = ("号",)
BUILDING: Final = ("栋", "号楼", "幢", "座", "楼")
UNIT: Final = ("单元", "号门", "门", "梯")
ROOM: Final = ("室", "号", "户")


@dataclass(frozen=True, slots=True)
class PlateFace:
    """One plate as it is printed.

    `area`: county, town and village. `name`: street, estate or village, the first large line. `number`: pairs of a large
    number and the small word after it. `full`: the standard address. `beat`, `grid_cell`: codes in the edition in force,
    "" where the door lies in none.
    """

    code: str
    area: str
    name: str
    number: tuple[tuple[str, str], ...]
    full: str
    beat: str
    grid_cell: str


def numbered(told: str, word: str) -> tuple[tuple[str, str], ...]:
    """Return a number and the word after it, apart: its own word where it brings one; nothing for no number.

    >>> numbered("12", "号"), numbered("12-3附1号", "号"), numbered("A座", "栋"), numbered("甲", "号"), numbered("", "号")
    ((('12', '号'),), (('12-3附1', '号'),), (('A', '座'),), (('甲', '号'),), ())
    """
    bare = told.strip().removesuffix(word)
    if not bare:
        return ()
    figures = bare.rstrip("".join({sign for sign in bare if not sign.isascii()}))
    return ((bare, word),) if figures in {"", bare} else ((figures, bare[len(figures) :]),)


def _word(number: str, words: tuple[str, ...], full: str) -> str:
    """Return the word that follows a number in the standard address, else the usual one: both must say the same."""
    return next((word for word in words if number and f"{number}{word}" in full), words[0])


def face(
    code: str,
    *,
    levels: tuple[str, str, str],
    street: str,
    number: str,
    estate: tuple[str, str, str, str],
    full: str,
    zones: tuple[str, str],
) -> PlateFace:
    """Return what stands on the plate of a door.

    Parameters
    ----------
    levels
        County, town and village; "" for what is not known.
    estate
        Estate, building, unit and room; a door with a street and a number shows those instead.
    zones
        The beat's and the grid cell's code.

    Examples
    --------
    >>> made = face("0123456789AB", levels=("云禾县", "", "育才社区"), street="", number="",
    ...             estate=("锦绣苑", "3", "2", ""), full="云禾县育才社区锦绣苑3栋2单元", zones=("B1", "C1"))
    >>> made.area, made.name, made.number
    ('云禾县 育才社区', '锦绣苑', (('3', '栋'), ('2', '单元')))
    """
    grounds, building, unit, room = estate
    if grounds and not (street and number):
        name = grounds
        parts = ((building, BUILDING), (unit, UNIT), (room, ROOM))
        numbers = tuple(pair for told, words in parts for pair in numbered(told, _word(told, words, full)))
    else:
        name, numbers = street or levels[2] or full, numbered(number, HOUSE[0])
    return PlateFace(code, " ".join(filter(None, levels)), name, numbers, full, *zones)
