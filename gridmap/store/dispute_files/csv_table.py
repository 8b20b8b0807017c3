"""Disputes as CSV, with the mark by which spreadsheets know UTF-8."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

from gridmap.store.dispute_files.content import Content


def write_csv(content: Content, path: Path) -> None:
    """Write a heading and one line a dispute; times as 2024-05-31 08:05:00 by the station's clocks."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(content.headings)
        writer.writerows([_cell(value) for value in row] for row in content.rows())


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
