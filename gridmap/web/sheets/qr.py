"""The QR code of a plate: its address, its matrix, its outline as rectangles, and reading it back.

zxing-cpp makes a code in a twentieth of the time segno takes and reads one faster still, so that every code is read back
from the very rectangles that go into the file, and not from what it was made of.

References
----------
ISO/IEC 18004:2015, "QR Code bar code symbology specification": modes in 7.3, capacities in table 7, quiet zone in 6.3.8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from gridmap.domain.codes import LENGTH
from gridmap.errors import Invalid

#: Share of the symbols that may be lost: level Q, a quarter.
LEVEL: Final = "Q"
#: White modules that must stand around a code.
QUIET: Final = 4
#: Characters that fit at level Q in alphanumeric mode, by version.
CAPACITY: Final = {3: 47, 4: 67, 5: 87}
#: The version that a 40 mm code is meant for: 29 modules of 1.38 mm.
WANTED: Final = 3

_LINK = re.compile(r"https?://[0-9A-Z.\-]+(:[0-9]{1,5})?(/[0-9A-Z $%*+\-./:]*)?", re.IGNORECASE)
_FORMAT: Final = zxingcpp.BarcodeFormat.QRCode

_FORMATS: Final = zxingcpp.BarcodeFormats([_FORMAT])

Matrix = NDArray[np.bool_]


class PlateUrlNotValid(Invalid):
    """The address that plates shall lead to cannot stand in their QR codes."""

    slug, title = "plate-url-not-valid", "The address of plates cannot be printed"


class PlateNotReadable(Invalid):
    """A code that was drawn does not read as the plate it stands on; nothing was handed out."""

    slug, title = "plate-not-readable", "A printed code does not read back"


@dataclass(frozen=True, slots=True)
class Links:
    """Where the codes of one batch lead.

    `start`: what stands before the plate's code, in capitals. `version`: of the QR code. `host`: as residents compare it.
    """

    start: str
    version: int
    host: str

    def link(self, code: str) -> str:
        """Return what the QR of the plate `code` holds."""
        return self.start + code

    @property
    def modules(self) -> int:
        """Modules of a side of the code, without its quiet zone."""
        return 17 + 4 * self.version


def links(plate_url: str) -> Links:
    """Return where codes lead that hold `plate_url`, "/P/" and the plate's code, all in capitals.

    Raises
    ------
    PlateUrlNotValid
        If the address is no http or https address, has signs that need a larger code, or is too long for version 5.
    """
    url = plate_url.strip().rstrip("/")
    if not _LINK.fullmatch(url):
        raise PlateUrlNotValid(
            f"{url!r} is no address of the kind https://p.example.cn: letters, digits, dots and hyphens; "
            "set GRIDMAP_PLATE_URL",
            plate_url=url,
        )
    start = f"{url}/P/".upper()
    long = len(start) + LENGTH
    version = next((one for one, room in CAPACITY.items() if long <= room), None)
    if version is None:
        spare = max(CAPACITY.values()) - LENGTH - len("/P/")
        raise PlateUrlNotValid(
            f"{url} has {len(url)} characters and a plate has room for {spare}; version 3, the coarsest, "
            f"takes {CAPACITY[WANTED] - LENGTH - len('/P/')}: set a shorter GRIDMAP_PLATE_URL",
            plate_url=url,
        )
    return Links(start, version, url.split("://", 1)[1].lower())


def matrix(told: str, version: int) -> Matrix:
    """Return the modules of a code at level Q, black is True, row 0 on top, without the quiet zone; 0.2 ms."""
    made = zxingcpp.create_barcode(told, _FORMAT, ec_level=LEVEL, version=version)
    image: NDArray[np.uint8] = np.asarray(made.to_image(scale=1, add_quiet_zones=False))
    return np.equal(image, 0)


def bars(modules: Matrix) -> NDArray[np.int64]:
    """Return a code as (n, 3) rectangles one module high: column of the left edge, row from the top, width [modules]."""
    side = modules.shape[0]
    padded = np.zeros((side, side + 2), dtype=np.int8)
    padded[:, 1:-1] = modules
    steps = np.diff(padded, axis=1).ravel()
    begins, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return np.column_stack([begins % (side + 1), begins // (side + 1), ends - begins])


def painted(rectangles: NDArray[np.int64], side: int) -> Matrix:
    """Return the modules that `rectangles` (as of `bars`) paint on a ground of `side` modules."""
    marks = np.zeros((side, side + 1), dtype=np.int8)
    np.add.at(marks, (rectangles[:, 1], rectangles[:, 0]), 1)
    np.add.at(marks, (rectangles[:, 1], rectangles[:, 0] + rectangles[:, 2]), -1)
    return np.cumsum(marks, axis=1)[:, :-1] > 0


def read(modules: Matrix) -> tuple[str, int, str]:
    """Return what a clean matrix says, its version and its level; ("", 0, "") if it says nothing; 0.04 ms."""
    image = np.full(tuple(side + 2 * QUIET for side in modules.shape), 255, dtype=np.uint8)
    image[QUIET:-QUIET, QUIET:-QUIET][modules] = 0
    found = zxingcpp.read_barcode(image, formats=_FORMATS, is_pure=True, try_rotate=False, try_invert=False)
    facts: Any = None if found is None else found.extra
    if found is None or not facts:
        return "", 0, ""
    return found.text, int(facts["Version"]), found.ec_level


def require_readable(rectangles: NDArray[np.int64], told: str, version: int) -> None:
    """Read the code that `rectangles` paint.

    Raises
    ------
    PlateNotReadable
        If it does not say `told`, in `version`, at level Q.
    """
    said = read(painted(rectangles, 17 + 4 * version))
    if said != (told, version, LEVEL):
        raise PlateNotReadable(
            f"the code made for {told} reads {said[0] or 'nothing'} (version {said[1]}, level {said[2] or '-'}); please report it",
            link=told,
        )
