"""Plates to print, made in memory: streets, estates and villages, each with a fresh code."""

from __future__ import annotations

import numpy as np

from gridmap.domain.codes import number_code
from gridmap.domain.plate_face import PlateFace, face
from gridmap.web.sheets import fonts, plates, qr
from gridmap.web.sheets.canvas import Box
from gridmap.web.sheets.plate_design import Design, PlateSize, PlateStation
from gridmap.web.sheets.plates import PlateBatch
from tests.web.plate_views import DOT

URL = "https://p.example.cn"
SMALL = PlateSize()
STATION = PlateStation("试验派出所", "Test Station", "0356-555 0110", True)
DOORS = (
    (("云禾县", "城关镇", "柳家河村"), "鼓楼路", "8", ("", "", "", "")),
    (("云禾县", "城关镇", "泰和社区"), "凤栖街", "126-3", ("", "", "", "")),
    (("云禾县", "城关镇", "育才社区"), "", "", ("锦绣山庄", "12", "3", "")),
    (("云禾县", "城关镇", "老溪堡村"), "老溪堡村东田间路", "429号", ("", "", "", "")),
)


def code(rng: np.random.Generator) -> str:
    """Return a plate code drawn from `rng`."""
    return number_code(int(rng.integers(2**50)))


def faces(count: int, seed: int = 1) -> list[PlateFace]:
    rng = np.random.default_rng(seed)
    made = []
    for place in range(count):
        levels, street, number, estate = DOORS[place % len(DOORS)]
        full = f"示例省虚州市{''.join(levels)}{street}{number}{estate[0]}{estate[1]}"
        made.append(
            face(
                code(rng),
                levels=levels,
                street=street,
                number=number,
                estate=estate,
                full=full,
                zones=("B1", f"格-{place % 7}"),
            )
        )
    return made


def batch(count: int, **changes) -> PlateBatch:
    return PlateBatch(changes.pop("station", STATION), 3, changes.pop("faces", None) or faces(count, **changes))


def printed(made: PlateBatch, size: PlateSize = SMALL, paper: str = "a4", url: str = URL) -> bytes:
    return plates.draw(made, links=qr.links(url), size=size, font=fonts.use_font(), paper=paper)


def code_box(size: PlateSize = SMALL) -> Box:
    """Return where the code stands on a plate's picture [dots from the left and the top]."""
    at = Design(size, qr.links(URL), fonts.use_font()).code
    return Box(at.x0 / DOT, (size.height - at.y1) / DOT, at.x1 / DOT, (size.height - at.y0) / DOT)
