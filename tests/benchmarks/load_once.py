"""One load in a process of its own, so that its peak memory is its own: `python load_once.py ours|peer URL FILE`."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.services import imports
from gridmap.store.engine import make_engine, make_sessions


def ours(session: Session, path: Path) -> int:
    """Load the file as `gridmap load addresses` does; return the rows kept."""
    return imports.load_file(session, "addresses", path, station="S001").kept


def peer(session: Session, path: Path) -> int:
    """Load it as a script would: pandas reads all, GeoPandas writes a table by COPY; no check, no key, no upsert."""
    import geopandas as gpd
    import pandas as pd

    table = pd.read_csv(path)
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["经度"], table["纬度"]), crs=4326)
    frame.to_postgis("by_geopandas", session.connection(), index=False)
    return len(frame)


def main() -> None:
    who, url, path = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    with make_sessions(make_engine(url))() as session:
        backend = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        before = _backend_seconds(backend)
        wall, own = time.perf_counter(), time.process_time()
        rows = {"ours": ours, "peer": peer}[who](session, path)
        print(json.dumps({
            "rows": rows, "wall_s": time.perf_counter() - wall, "python_cpu_s": time.process_time() - own,
            "server_cpu_s": _backend_seconds(backend) - before,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }))  # fmt: skip
        session.rollback()


def _backend_seconds(process: int) -> float:
    """Return the CPU seconds of the server process that serves us, where it runs on this machine."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    main()
