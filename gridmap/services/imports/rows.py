"""A block of rows on its way into the database: its fields as text, numbers, days; and what was refused."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import ArrayLike, NDArray

from gridmap.services.imports.report import Rejection
from gridmap.store.reading import Block, Placing

Bools = NDArray[np.bool_]

UTC_ZONE: Final = ZoneInfo("UTC")
YES: Final = frozenset({"1", "1.0", "true", "t", "yes", "y", "是", "对", "√"})
NO: Final = frozenset({"", "0", "0.0", "false", "f", "no", "n", "否", "不"})
_FORBIDDEN: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"


class Rows:
    """One block with its fields by name; rows are refused by mask, the first reason stands."""

    def __init__(
        self,
        block: Block,
        names: Mapping[str, str],
        placing: Placing,
        zone: ZoneInfo = UTC_ZONE,
        ground: shapely.Geometry | None = None,
    ) -> None:
        self.block, self.names, self.placing, self.zone, self.ground = block, names, placing, zone, ground
        self.outside = 0  # places outside `ground`, the prepared jurisdiction
        self.masked = 0  # texts of which numbers were taken out
        self.count = len(block.lines)
        self.alive: Bools = np.ones(self.count, dtype=bool)
        self.rejections: list[Rejection] = []
        for place, (reason, value) in sorted(block.unread.items()):
            self.reject(np.arange(self.count) == place, reason, [value] * self.count)

    def reject(self, mask: ArrayLike, reason: str | list[str], values: Any = None) -> None:
        """Refuse the rows in `mask` that are still alive."""
        for place in np.flatnonzero(np.asarray(mask, dtype=bool) & self.alive):
            value = (
                "" if values is None else str(values.iloc[place] if isinstance(values, pd.Series) else values[place])
            )
            told = reason if isinstance(reason, str) else reason[place]
            self.rejections.append(Rejection(int(self.block.lines[place]), told, value[:120]))
            self.alive[place] = False

    def has(self, name: str) -> bool:
        """Return whether the file has a column for the field."""
        return name in self.names

    def text(self, name: str, *, required: bool = False, longest: int = 500) -> pd.Series[str]:
        """Return a field as trimmed text ("" where nothing stands); control characters and excess are refused."""
        if name not in self.names:
            return pd.Series([""] * self.count, dtype="str")
        column = self.block.table[self.names[name]]
        if not isinstance(column.dtype, pd.StringDtype):
            column = pd.Series([_as_text(value) for value in column], dtype="str")
        texts: pd.Series[str] = column.fillna("").str.strip()
        kept = texts.str.startswith("'")
        if kept.any():  # as spreadsheets, and our own exports, keep a text from being run as a formula
            texts = texts.where(~kept, texts.str.replace(r"^'(?=[=+\-@])", "", regex=True))
        length = texts.str.len().to_numpy()
        if length.size and length.max() > longest:
            self.reject(length > longest, f"{name} is longer than {longest} characters", texts)
        strange = matches(texts, _FORBIDDEN)
        if strange.any():
            self.reject(strange, f"{name} has control characters", texts.map(ascii))
        if required:
            self.reject(length == 0, f"{name} is empty")
        return texts

    def whole(self, name: str, default: int, *, least: int = 0, most: int = 1_000_000) -> NDArray[np.int64]:
        """Return a field as whole numbers; what is none, or out of range, is refused."""
        texts = self.text(name)
        numbers = pd.to_numeric(texts.where(texts != "", str(default)), errors="coerce").to_numpy(dtype=float)
        wrong = ~np.isfinite(numbers) | (numbers != np.floor(numbers)) | (numbers < least) | (numbers > most)
        self.reject(wrong, f"{name} is no whole number from {least} to {most:,}", texts)
        return np.where(wrong, default, numbers).astype(np.int64)

    def flag(self, name: str) -> Bools:
        """Return a field as yes or no; what is neither is refused."""
        texts = self.text(name).str.casefold()
        yes, no = texts.isin(YES).to_numpy(), texts.isin(NO).to_numpy()
        self.reject(~(yes | no), f"{name} is neither yes nor no", texts)
        return np.asarray(yes, dtype=bool)

    def one_of(self, name: str, words: Mapping[str, str], default: str) -> pd.Series[str]:
        """Return a field whose words are known, as our word; any other word is refused."""
        texts = self.text(name)
        ours: pd.Series[str] = texts.where(texts != "", default).str.casefold().map(words)
        told = ", ".join(word for word in dict.fromkeys(words.values()) if word)
        self.reject(ours.isna(), f"{name} is none of {told}", texts)
        return ours.fillna(default)

    def day(self, name: str) -> list[dt.date | None]:
        """Return a field as days (None where nothing stands); what is none is refused."""
        texts = self.text(name)
        days: list[dt.date | None] = []
        wrong = np.zeros(self.count, dtype=bool)
        for place, text in enumerate(texts):
            found = day_of(text)
            wrong[place] = bool(text) and found is None
            days.append(found)
        self.reject(wrong, f"{name} is no date (write 2024-05-31)", texts)
        return days

    def points(self, *, required: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return longitude and latitude of each row, EPSG:4326, NaN where the row says no place.

        Refused: coordinates that are no finite numbers or out of range, 0/0, several points or other shapes.
        """
        if self.has("lon") and self.has("lat"):
            texts = self.text("lon") + "," + self.text("lat")
            blank = ((self.text("lon") == "") & (self.text("lat") == "")).to_numpy(dtype=bool)
            x = pd.to_numeric(self.text("lon"), errors="coerce").to_numpy(dtype=float)
            y = pd.to_numeric(self.text("lat"), errors="coerce").to_numpy(dtype=float)
        elif self.block.shapes is not None:
            shapes = self.block.shapes
            texts = pd.Series([""] * self.count, dtype="str")
            blank = np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes))
            single = np.asarray(shapely.get_num_geometries(shapes)) == 1
            multi = np.asarray(shapely.get_type_id(shapes)) == shapely.GeometryType.MULTIPOINT
            shapes = np.where(multi & single, shapely.get_geometry(shapes, 0), shapes)
            other = np.asarray(shapely.get_type_id(shapes)) != shapely.GeometryType.POINT
            self.reject(other & ~blank, "the place is no single point", shapely.get_type_id(shapes))
            x, y = shapely.get_x(shapes), shapely.get_y(shapes)
            texts = pd.Series([f"{a},{b}" for a, b in zip(x, y, strict=True)], dtype="str") if self.count else texts
        else:
            x = y = np.full(self.count, np.nan)
            texts, blank = pd.Series([""] * self.count, dtype="str"), np.ones(self.count, dtype=bool)
        if required:
            self.reject(blank, "no coordinates")
        self.reject(~blank & ~(np.isfinite(x) & np.isfinite(y)), "coordinates that are no finite numbers", texts)
        return self._placed(x, y, blank, texts)

    def _placed(
        self, x: NDArray[np.float64], y: NDArray[np.float64], blank: Bools, texts: pd.Series[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        usable = self.alive & ~blank
        lon, lat = np.full(self.count, np.nan), np.full(self.count, np.nan)
        lon[usable], lat[usable] = self.placing.points(x[usable], y[usable])
        swapped = usable & (np.abs(lat) > 90) & (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
        self.reject(swapped, "longitude and latitude are the wrong way round", texts)
        outside = usable & ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
        self.reject(outside, "coordinates out of range (are they in another system? say it with --crs)", texts)
        self.reject(usable & (x == 0) & (y == 0), "0, 0 is a place in the sea, not this one", texts)
        if self.ground is not None:
            usable &= self.alive
            self.outside += int(np.count_nonzero(~shapely.intersects_xy(self.ground, lon[usable], lat[usable])))
        return lon, lat

    def frame(self, **columns: Any) -> pd.DataFrame:
        """Return the living rows: their lines and the given columns."""
        table = pd.DataFrame({"line": self.block.lines} | {name: _column(values) for name, values in columns.items()})
        return table[self.alive].reset_index(drop=True)


def matches(texts: pd.Series[str], pattern: str) -> Bools:
    """Return where `pattern` (RE2) is found in texts; some thirty times quicker than Python's expressions."""
    found = pc.match_substring_regex(pa.array(texts, type=pa.large_string()), pattern)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _column(values: Any) -> Any:
    return values.reset_index(drop=True) if isinstance(values, pd.Series) else values


def _as_text(value: object) -> str:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (pd.Timestamp, dt.datetime)):
        return value.isoformat()
    return str(value)


_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T ].*)?$|(\d{4})(\d{2})(\d{2})$")


def day_of(text: str) -> dt.date | None:
    """Return the day a text says: 2024-05-31, 2024/5/31, 2024年5月31日, 20240531; None if it says none.

    >>> day_of("2024年5月31日")
    datetime.date(2024, 5, 31)
    """
    found = _DAY.match(text.strip())
    if found is None:
        return None
    parts = [int(part) for part in found.groups() if part is not None]
    try:
        return dt.date(*parts)
    except ValueError:
        return None
