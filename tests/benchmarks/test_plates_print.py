"""10,000 plates on A4, in seconds of one core, megabytes of PDF and of memory; beside segno and reportlab the plain way.

The peer makes its codes with segno and draws each dark module as a rectangle and each word with `drawString`, as the
manuals of both show it. It reads nothing back. Each runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.benchmark
ROOT = Path(__file__).parent.parent.parent
COUNT = 10_000
#: What 10,000 plates may cost [CPU-s].
GOAL = 40.0


def ours(count: int) -> dict[str, float]:
    """Draw plates as `gridmap plates print` does, every code read back; and read eight pages of them."""
    from gridmap.web.sheets import fonts, plate_proof, qr
    from tests.web.plate_batches import SMALL, URL, batch, printed

    made = batch(count)
    began = time.process_time()
    pdf = printed(made)
    drawn = time.process_time() - began
    plate_proof.prove(pdf, made, links=qr.links(URL), size=SMALL, font=fonts.use_font(), paper="a4")
    return {"draw": drawn, "proof": time.process_time() - began - drawn, "megabytes": len(pdf) / 1e6}


def plain(count: int) -> dict[str, float]:
    """Draw the same plates with segno and reportlab, module by module and word by word."""
    import io

    import segno
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas

    from gridmap.domain.codes import spaced
    from gridmap.web.sheets import fonts, qr
    from gridmap.web.sheets.imposition import impose
    from gridmap.web.sheets.plate_design import Design
    from tests.web.plate_batches import SMALL, STATION, URL, batch

    made, links, font = batch(count), qr.links(URL), fonts.use_font()
    design, corners = Design(SMALL, links, font), impose("a4", SMALL.width, SMALL.height).corners
    began = time.process_time()
    out = io.BytesIO()
    canvas = Canvas(out)
    for place, face in enumerate(made.faces):
        x, y = corners[place % len(corners)]
        canvas.saveState()
        canvas.translate(x * mm, y * mm)
        canvas.scale(mm, mm)
        for area in design.ground():
            canvas.setFillColorRGB(*area.colour)
            canvas.rect(area.at.x0, area.at.y0, area.at.width, area.at.height, stroke=0, fill=1)
        for words in (*design.shared(STATION), *design.own(face)):
            canvas.setFont(font, words.size)
            canvas.setFillColorRGB(*words.colour)
            {"left": canvas.drawString, "right": canvas.drawRightString, "centre": canvas.drawCentredString}[
                words.align
            ](words.x, words.y, words.told)
        code = segno.make_qr(links.link(face.code), error="q", version=3, boost_error=False)
        one = SMALL.qr / 29
        canvas.setFillColorRGB(0, 0, 0)
        for row, line in enumerate(code.matrix):
            for column, dark in enumerate(line):
                if dark:
                    canvas.rect(
                        design.code.x0 + column * one, design.code.y1 - (row + 1) * one, one, one, stroke=0, fill=1
                    )
        canvas.restoreState()
        assert spaced(face.code)
        if place % len(corners) == len(corners) - 1:
            canvas.showPage()
    canvas.save()
    return {"draw": time.process_time() - began, "proof": 0.0, "megabytes": len(out.getvalue()) / 1e6}


def apart(name: str, count: int) -> dict[str, float]:
    """Run one way in a process of its own; `memory` is what it needed beyond what it needs for one sheet [MB]."""
    code = (
        "import json, resource, sys; from tests.benchmarks import test_plates_print as b; way = getattr(b, sys.argv[1]); way(3);"
        "first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; found = way(int(sys.argv[2]));"
        "last = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "print(json.dumps(found | {'memory': (last - first) / 1024, 'peak': last / 1024}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, name, str(count)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout.splitlines()[-1])


def test_ten_thousand_plates_are_drawn_and_read_back():
    assert resource.getpagesize()
    found = {
        "gridmap, every code read back": apart("ours", COUNT),
        "segno + reportlab, the plain way": apart("plain", COUNT // 10),
    }
    found["segno + reportlab, the plain way"] = {
        name: value * (10 if name in {"draw", "megabytes", "memory"} else 1)
        for name, value in found["segno + reportlab, the plain way"].items()
    }
    print(f"\n{COUNT:,} plates of 150 x 90 mm on A4 (the peer: a tenth of them, times ten)")
    print(f"{'':34}{'draw CPU-s':>12}{'8 pages read':>14}{'PDF MB':>9}{'memory MB':>11}")
    for name, one in found.items():
        print(f"{name:34}{one['draw']:12.1f}{one['proof']:14.2f}{one['megabytes']:9.1f}{one['memory']:11.0f}")
    assert found["gridmap, every code read back"]["draw"] < GOAL
