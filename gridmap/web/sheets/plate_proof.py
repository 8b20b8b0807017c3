"""The last look at a printed batch: pages are drawn as a printer would draw them, and each code is read where it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Final

import numpy as np
import pypdfium2 as pdfium
import zxingcpp

from gridmap.web.sheets.imposition import PlatePaper, impose
from gridmap.web.sheets.plate_design import Design, PlateSize
from gridmap.web.sheets.plates import PlateBatch
from gridmap.web.sheets.qr import Links, PlateNotReadable

#: Dots an inch at which pages are looked at: less than any printer has.
DPI: Final = 150
#: Pages that are looked at where not all are: the first, the last, and some between.
SAMPLE: Final = 8


def sample(pages: int) -> list[int]:
    """Return the numbers of the pages to look at, from 0: the first, the last, and as many between, evenly.

    >>> sample(3), sample(1000)
    ([0, 1, 2], [0, 143, 285, 428, 571, 714, 856, 999])
    """
    return sorted({round(place) for place in np.linspace(0, pages - 1, min(pages, SAMPLE)).tolist()})


def prove(
    pdf: bytes,
    batch: PlateBatch,
    *,
    links: Links,
    size: PlateSize,
    font: str,
    paper: PlatePaper,
    whole: bool = False,
    tell: Callable[[int], object] = lambda _: None,
) -> int:
    """Draw pages of a batch and read the code of every plate on them; return how many codes were read.

    Parameters
    ----------
    pdf
        As `plates.draw` made it from the same batch, links, size, font and paper.
    whole
        Look at all pages, not at a sample of eight.
    tell
        Is called with the number of pages looked at since the last call.

    Raises
    ------
    PlateNotReadable
        If the code of one plate does not read, or reads as another's.
    """
    design, places = Design(size, links, font), impose(paper, size.width, size.height)
    each, read = len(places.corners), 0
    with closing(pdfium.PdfDocument(pdf)) as document:
        numbers: Sequence[int] = range(len(document)) if whole else sample(len(document))
        for number in numbers:
            with closing(document[number]) as page:
                image = page.render(scale=DPI / 72, grayscale=True).to_numpy()
            dots = image.shape[0] / places.height
            faces = batch.faces[number * each : (number + 1) * each]
            for face, (x, y) in zip(faces, places.corners, strict=False):
                left, right = ((x + at) * dots for at in (design.panel.x0, design.panel.x1))
                upper, lower = ((places.height - y - at) * dots for at in (design.panel.y1, design.panel.y0))
                part = np.ascontiguousarray(image[int(upper) : int(lower), int(left) : int(right)].squeeze())
                said = [one.text for one in zxingcpp.read_barcodes(part)]
                if said != [links.link(face.code)]:
                    raise PlateNotReadable(
                        f"on page {number + 1} the plate {face.code} reads {', '.join(said) or 'nothing'}; nothing was handed "
                        "out, please report it",
                        plate=face.code,
                    )
                read += 1
            tell(1)
    return read
