"""The drawing that a workshop gets shows the plate that paper shows, and is read."""

from __future__ import annotations

import io

import numpy as np
import zxingcpp
from PIL import Image

from gridmap.web.sheets import fonts, plate_files, qr
from gridmap.web.sheets.plate_design import Design
from tests.web import plate_views
from tests.web.plate_batches import SMALL, STATION, URL, batch, printed


def test_a_drawing_looks_as_the_printed_plate_and_is_read(browser):
    made = batch(3)
    design = Design(SMALL, qr.links(URL), fonts.use_font())
    shared = plate_files.shared(design, STATION)
    pictures = plate_views.plates_of(printed(made), 3, (SMALL.width, SMALL.height))
    page = browser.new_page(viewport={"width": 600, "height": 400}, device_scale_factor=plate_views.DPI / 96)
    for face, paper in zip(made.faces, pictures, strict=True):
        drawing = plate_files.svg(design, face, shared)
        page.set_content(f"<body style='margin:0'>{drawing[drawing.index('<svg') :]}")
        shot = Image.open(io.BytesIO(page.screenshot())).convert("L")
        assert [one.text for one in zxingcpp.read_barcodes(np.asarray(shot))] == [qr.links(URL).link(face.code)]
        edge = round(1.5 / plate_views.DOT)
        mine, theirs = (
            (np.asarray(one) > 150)
            .reshape(21, 25, 35, 25)
            .mean(axis=(1, 3))  # parts of 4 x 4 mm, and how light they are
            for one in (shot.crop((edge, edge, edge + 875, edge + 525)), paper.crop((0, 0, 875, 525)))
        )
        assert np.abs(mine - theirs).max() < 0.15, "light and dark are where they are on paper"
    page.close()
