"""What one kind of import is: its fields, its temporary table, how rows are read and how they are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd
from sqlalchemy.orm import Session

from gridmap.services.imports.columns import Field
from gridmap.services.imports.report import Rejection, Report
from gridmap.services.imports.rows import Rows
from gridmap.store.loading import Outcome, Stage
from gridmap.store.reading import Placing


@dataclass
class Job:
    """One import under way: whose rows, into what, and what a person asked for."""

    session: Session
    station: str
    stage: Stage
    report: Report
    names: dict[str, str] = field(default_factory=dict)
    placing: Placing | None = None
    add_categories: bool = False
    keep_unplaced: bool = False
    replace: bool = False
    duplicates: Literal["keep", "skip"] = "keep"

    def has(self, *names: str) -> bool:
        """Return whether the file has a column for any of the fields."""
        return any(name in self.names for name in names)

    def refuse(self, found: list[tuple[int, str]], reason: str) -> None:
        """Take in rows that the database refused."""
        self.report.reject(Rejection(line, reason, value) for line, value in found)

    def refuse_repeated(self, found: list[tuple[int, str, int]], what: str) -> None:
        """Take in rows whose key stood in the file before."""
        self.report.reject(
            Rejection(line, f"{what} stands already on {self.report.unit} {first}", value)
            for line, value, first in found
        )

    def took(self, outcome: Outcome) -> None:
        """Take in what an upsert did."""
        self.report.added += outcome.added
        self.report.updated += outcome.updated
        self.report.unchanged += outcome.unchanged


@dataclass(frozen=True)
class Kind:
    """One kind of import: `read` makes a block of rows into rows of the stage, `keep` brings the stage home.

    `on_ground`: its places should lie in the station's jurisdiction; those outside are counted.
    """

    name: str
    fields: tuple[Field, ...]
    stage: Stage
    read: Callable[[Rows], pd.DataFrame]
    keep: Callable[[Job], None]
    needs_station: bool = True
    on_ground: bool = False


LON = Field("lon", ("lng", "longitude", "x", "point_x", "经度", "東經", "东经", "坐标x", "wgs84经度"))
LAT = Field("lat", ("latitude", "y", "point_y", "纬度", "北緯", "北纬", "坐标y", "wgs84纬度"))
NAME_ZH = Field("name_zh", ("name", "名称", "中文名", "名字", "标题"))
NAME_EN = Field("name_en", ("english", "英文名", "英文名称"))
