"""Every printed code is read by two readers that share nothing: clean, turned, dirty, out of focus and from the side."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp

from gridmap.web.sheets import qr
from gridmap.web.sheets.plate_design import PlateSize
from tests import zbar
from tests.web import plate_views as views
from tests.web.plate_batches import URL, batch, code_box, printed

COUNT = 16
MODULES = 29
VIEWS = {
    "as printed": lambda plate, _: plate,
    **{f"turned by {angle}°": lambda plate, _, angle=angle: views.turned(plate, angle) for angle in (7, 45, 90, 137, 180, 270)},
    "turned anyhow": lambda plate, rng: views.turned(plate, rng.uniform(0, 360)),
    "dirt on 5 % of the data": lambda plate, rng: views.dirty(plate, code_box(), MODULES, 0.05, rng),
    "out of focus by 0.4 modules": lambda plate, _: views.blurred(plate, 0.4, code_box(), MODULES),
    "from the side by 40°": lambda plate, rng: views.aslant(plate, 40, rng.uniform(0, 360)),
    "a little of all": lambda plate, rng: views.aslant(
        views.turned(views.blurred(views.dirty(plate, code_box(), MODULES, 0.03, rng), 0.2, code_box(), MODULES), 10),
        15, rng.uniform(0, 360),
    ),
}  # fmt: skip


def by_zxing(image):
    return [found.text for found in zxingcpp.read_barcodes(image)]


def by_zbar(image):
    if zbar.library() is None:
        pytest.skip("libzbar is not here: sh setup/bootstrap.sh test puts it in place")
    return zbar.read(image)


@pytest.fixture(scope="module")
def plates():
    """Return plates printed on A4 and rendered at 150 dpi, with what their codes must say."""
    made = batch(COUNT)
    pictures = views.plates_of(printed(made), COUNT, (150, 90))
    return [(picture, qr.links(URL).link(face.code)) for picture, face in zip(pictures, made.faces, strict=True)]


@pytest.mark.parametrize("view", VIEWS)
def test_every_plate_is_read_by_both(plates, view):
    rng = np.random.default_rng(7)
    wrong = []
    for picture, told in plates:
        seen = np.asarray(VIEWS[view](picture, rng))
        wrong += [(reader.__name__, told) for reader in (by_zxing, by_zbar) if reader(seen) != [told]]
    assert wrong == []


@pytest.mark.parametrize(("size", "paper"), [(PlateSize(270, 170, 75), "a3"), (PlateSize(570, 370, 120), "plate")])
def test_larger_plates_are_read_too(size, paper):
    made = batch(2)
    pictures = views.plates_of(printed(made, size, paper), 2, (size.width, size.height), paper)
    for picture, face in zip(pictures, made.faces, strict=True):
        seen = np.asarray(picture)
        assert by_zxing(seen) == by_zbar(seen) == [qr.links(URL).link(face.code)]


def test_dirt_lies_where_it_is_said_to_lie(plates):
    box, picture = code_box(), plates[0][0]
    changed = np.asarray(views.dirty(picture, box, MODULES, 0.05, np.random.default_rng(3))) != np.asarray(picture)
    one = box.width / MODULES
    finder = round(8 * one)
    x0, y0, x1, y1 = (round(at) for at in (box.x0, box.y0, box.x1, box.y1))
    assert not changed[y0 : y0 + finder, x0 : x0 + finder].any()
    assert not changed[y0 : y0 + finder, x1 - finder : x1].any()
    assert not changed[y1 - finder : y1, x0 : x0 + finder].any()
    data = (MODULES**2 - 3 * 64) * one**2
    assert 0.03 < changed.sum() / data < 0.07  # dark dirt on dark modules changes them too: from 0 to 45


def test_dirt_over_a_third_of_the_data_is_not_read(plates):
    """So the pictures above are made dirty indeed."""
    rng = np.random.default_rng(5)
    said = [by_zxing(np.asarray(views.dirty(picture, code_box(), MODULES, 0.35, rng))) for picture, _ in plates[:6]]
    assert said == [[]] * 6
