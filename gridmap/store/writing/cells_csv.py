"""CSV of each grid cell and the beat it belongs to (a block equivalency table), for spreadsheets and other systems."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import pandas as pd

from gridmap.store.writing.formats import Notes
from gridmap.store.writing.zone_file import ZoneFile

#: A spreadsheet takes a text that begins so for a formula.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_csv(zones: ZoneFile, path: Path) -> Notes:
    """Write one row a grid cell: its code, its beat's code, both names; UTF-8 with the mark spreadsheets look for.

    A name that a spreadsheet would run as a formula gets an apostrophe before it; codes stay as they are.
    """
    cells = zones.cells
    names = zones.beats.set_index("code")[["name_zh", "name_en"]].reindex(cells["beat"])
    table = pd.DataFrame({
        "grid_cell": cells["code"], "beat": cells["beat"], "grid_cell_name_zh": cells["name_zh"],
        "grid_cell_name_en": cells["name_en"], "beat_name_zh": names["name_zh"].to_numpy(),
        "beat_name_en": names["name_en"].to_numpy(), "area_m2": cells["area_m2"], "station": cells["station"],
        "edition": cells["edition"], "in_force_since": cells["in_force_since"], "synthetic": cells["synthetic"],
    })  # fmt: skip
    for column in [name for name in table.columns if "_name_" in name]:
        table[column] = table[column].map(lambda text: f"'{text}" if str(text).startswith(FORMULA) else text)
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    return ()
