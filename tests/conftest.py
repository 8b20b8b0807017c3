"""Fixtures every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def agency_data() -> Path:
    """Return the folder of real data sets beside the repository, or skip."""
    folder = Path(os.environ.get("GRIDMAP_AGENCY_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data sets at {folder}; set GRIDMAP_AGENCY_DATA")
    return folder
