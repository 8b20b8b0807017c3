"""A printed plate as a phone sees it: turned, dirty, out of focus, from the side."""

from __future__ import annotations

import math
from contextlib import closing

import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFilter
from PIL.Image import Resampling, Transform

from gridmap.web.sheets.canvas import Box
from gridmap.web.sheets.imposition import impose

DPI = 150
DOT = 25.4 / DPI  # [mm]
#: Modules of a finder pattern with its white border: dirt there is not what error correction is for.
FINDER = 8
WALL = 200  # what is seen around a plate: a light wall


def plates_of(pdf: bytes, count: int, size: tuple[float, float], paper: str = "a4") -> list[Image.Image]:
    """Return the first `count` plates of a PDF as grey pictures at 150 dpi, cut out along their marks."""
    places = impose(paper, *size)
    found = []
    with closing(pdfium.PdfDocument(pdf)) as document:
        for number in range(len(document)):
            page = document[number].render(scale=DPI / 72, grayscale=True).to_pil().convert("L")
            for x, y in places.corners[: count - len(found)]:
                box = Box(x, places.height - y - size[1], x + size[0], places.height - y)
                found.append(page.crop(tuple(round(one / DOT) for one in (box.x0, box.y0, box.x1, box.y1))))
    return found


def turned(plate: Image.Image, degrees: float) -> Image.Image:
    """Return the plate turned counterclockwise, before a wall."""
    return plate.rotate(degrees, expand=True, resample=Resampling.BICUBIC, fillcolor=WALL)


def dirty(plate: Image.Image, code: Box, modules: int, share: float, rng: np.random.Generator) -> Image.Image:
    """Return the plate with round spots, dark and light, on a share of the code's data area.

    `code`: where the code stands [dots from the left and the top]. No spot touches a finder pattern.
    """
    one = code.width / modules
    free = [
        (column, row) for column in range(modules) for row in range(modules)
        if not ((row < FINDER and not FINDER <= column < modules - FINDER) or (column < FINDER and row >= modules - FINDER))
    ]  # fmt: skip
    wanted, mask = share * len(free) * one * one, Image.new("1", plate.size)
    spots, draw = ImageDraw.Draw(mask), plate.copy()
    paint = ImageDraw.Draw(draw)
    while np.count_nonzero(np.asarray(mask)) < wanted:
        column, row = free[int(rng.integers(len(free)))]
        radius = rng.uniform(0.6, 1.6)
        x, y = column + rng.uniform(), row + rng.uniform()
        if not _misses_finders(x, y, radius, modules):
            continue
        at = [
            code.x0 + (x - radius) * one,
            code.y0 + (y - radius) * one,
            code.x0 + (x + radius) * one,
            code.y0 + (y + radius) * one,
        ]
        spots.ellipse(at, fill=1)
        paint.ellipse(at, fill=int(rng.choice([45, 235])))
    return draw


def _misses_finders(x: float, y: float, radius: float, modules: int) -> bool:
    low, high = FINDER + radius, modules - FINDER - radius
    inside = radius <= x <= modules - radius and radius <= y <= modules - radius
    return inside and not ((x < low and y < low) or (x > high and y < low) or (x < low and y > high))


def blurred(plate: Image.Image, modules: float, code: Box, count: int) -> Image.Image:
    """Return the plate out of focus, by a Gaussian of `modules` modules standard deviation."""
    return plate.filter(ImageFilter.GaussianBlur(modules * code.width / count))


def aslant(plate: Image.Image, degrees: float, turn: float, distance: float = 2.5) -> Image.Image:
    """Return the plate seen from the side by `degrees`, along the direction `turn`, from `distance` times its width."""
    width, height = plate.size
    side, way = math.radians(degrees), math.radians(turn)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=float) - (width / 2, height / 2)
    axis = np.array([math.cos(way), math.sin(way)])
    along = corners @ axis
    depth = along * math.sin(side)
    flat = corners - np.outer(along * (1 - math.cos(side)), axis)
    seen = flat / (1 + depth / (distance * width))[:, None]
    seen -= seen.min(axis=0) - 20
    size = tuple(int(one) + 20 for one in seen.max(axis=0))
    equations, values = [], []
    flat_corners = corners + np.array([width / 2, height / 2])
    for (u, v), (x, y) in zip(seen, flat_corners, strict=True):
        equations += [[u, v, 1, 0, 0, 0, -x * u, -x * v], [0, 0, 0, u, v, 1, -y * u, -y * v]]
        values += [x, y]
    how = np.linalg.solve(np.array(equations), np.array(values))
    return plate.transform(size, Transform.PERSPECTIVE, how.tolist(), resample=Resampling.BICUBIC, fillcolor=WALL)
