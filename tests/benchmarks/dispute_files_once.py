"""One file of disputes in a process of its own, so that its peak memory is its own: `python … WHO URL PATH`."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
from sqlalchemy.orm import Session

from gridmap.domain.dispute_filter import Filter
from gridmap.services import imports
from gridmap.services.disputes import export
from gridmap.store.dispute_files import read_rows
from gridmap.store.engine import make_engine, make_sessions
from gridmap.store.reading import open_source


def ours(session: Session, path: Path) -> int:
    """Write the file as `gridmap disputes export` does."""
    return export.write(session, "S001", path, export.kind_of(path), Filter(state="any"), by="benchmark").rows


def peer(session: Session, path: Path) -> int:
    """Write the same rows with openpyxl's streaming writer."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("disputes")
    rows = 0
    for row in read_rows(session, "d.station = 'S001'", {}, zone=ZoneInfo("Asia/Shanghai"), language="zh", synthetic=False,
                         progress=lambda _: None):  # fmt: skip
        sheet.append([value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in row])
        rows += 1
    book.save(path)
    return rows


def read(_: Session, path: Path) -> int:
    """Read the workbook as every import does."""
    with open_source(path, layer="纠纷") as source:
        return sum(len(block.lines) for block in source.blocks())


def read_peer(_: Session, path: Path) -> int:
    """Read it with openpyxl's streaming reader."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    return sum(1 for row in book["纠纷"].iter_rows(values_only=True) if row) - 1


def load(session: Session, path: Path) -> int:
    """Load the workbook as `gridmap load disputes` does, look-alikes and all, into another station."""
    return imports.load_file(session, "disputes", path, station="S002", crs="EPSG:4326").kept


def main() -> None:
    who, url, path = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    with make_sessions(make_engine(url))() as session:
        wall, own = time.perf_counter(), time.process_time()
        work = {"ours": ours, "peer": peer, "read": read, "read_peer": read_peer, "load": load}[who]
        rows = work(session, path)
        print(json.dumps({
            "rows": rows, "wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - own,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }))  # fmt: skip
        session.rollback()


if __name__ == "__main__":
    main()
