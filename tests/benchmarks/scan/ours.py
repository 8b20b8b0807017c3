"""Our service as residents reach it, in processes of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.served import SECRET

PAGE, JSON = "/p/", "/api/v1/plates/"
#: Where nobody listens: a database that is away for good.
NO_DATABASE = "postgresql+psycopg://nobody@127.0.0.1:1/none"


def public(url: str, data: Path, workers: int = 1) -> dict[str, Any]:
    """Return how to run the process for residents on a database ("" for none) and a data folder."""
    return {
        "command": [
            sys.executable, "-m", "gridmap", "serve", "--public", "--workers", str(workers), "--port", "{port}",
        ],
        "GRIDMAP_DATABASE_URL": url or NO_DATABASE,
        "GRIDMAP_DATA": str(data),
        "GRIDMAP_SECRET": SECRET,
        "GRIDMAP_SECURE_COOKIES": "false",
        "GRIDMAP_LOG_LEVEL": "warning",
    }  # fmt: skip
