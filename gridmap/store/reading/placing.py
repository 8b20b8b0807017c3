"""From a file's coordinates to storage: longitude and latitude, EPSG:4326, x first, no heights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from gridmap.geo.crs import STORAGE_EPSG, same_crs
from gridmap.geo.datum import Datum, to_wgs84, transform_frame
from gridmap.store.reading.faults import NoSystem
from gridmap.store.reading.source import Source

#: Formats whose coordinates are EPSG:4326 where the file says nothing.
LON_LAT_BY_CUSTOM: Final = {"geojson", "kml", "csv", "xlsx"}
Degrees = NDArray[np.float64]


@dataclass(frozen=True)
class Placing:
    """How a file's coordinates become EPSG:4326: from a CRS, or from one of the Chinese map datums.

    `explicit`: a person named it, so nobody need wonder whether the file lies.
    """

    crs: pyproj.CRS
    datum: Datum = Datum.WGS84
    explicit: bool = False

    @cached_property
    def plain(self) -> bool:
        """Whether coordinates are in storage's system already."""
        return same_crs(self.crs, pyproj.CRS.from_epsg(STORAGE_EPSG)) and self.datum is Datum.WGS84

    @cached_property
    def _transformer(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs(self.crs, STORAGE_EPSG, always_xy=True)

    def points(self, x: Degrees, y: Degrees) -> tuple[Degrees, Degrees]:
        """Return longitude and latitude of (n,) coordinates; what has no place there becomes infinite or NaN."""
        if self.plain:
            return x, y
        if self.datum is not Datum.WGS84:
            return to_wgs84(x, y, self.datum)
        lon, lat = self._transformer.transform(x, y)
        return np.asarray(lon), np.asarray(lat)

    def shapes(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return (n,) geometries in EPSG:4326, heights dropped; missing ones stay missing."""
        flat = np.asarray(shapely.force_2d(shapes), dtype=object)
        if self.plain:
            return flat
        if self.datum is not Datum.WGS84:
            moved = transform_frame(gpd.GeoDataFrame(geometry=flat, crs=STORAGE_EPSG), self.datum)
            return np.asarray(moved.geometry.array, dtype=object)
        coords = shapely.get_coordinates(flat)
        lon, lat = self._transformer.transform(coords[:, 0], coords[:, 1])
        return np.asarray(shapely.set_coordinates(flat.copy(), np.column_stack([lon, lat])), dtype=object)


def placing_for(source: Source, given: str | None) -> Placing:
    """Return how `source` is brought to EPSG:4326: as `given` says, else as the file says, else by custom.

    Parameters
    ----------
    source
        An open file.
    given
        "EPSG:4547", "4547", "gcj02", "bd09", or None.

    Raises
    ------
    NoSystem
        If `given` is none we know, or nobody says and the format has no custom.
    """
    lon_lat = pyproj.CRS.from_epsg(STORAGE_EPSG)
    if given:
        word = re.sub(r"[\s_\-]", "", given).casefold()
        if word in {"gcj02", "gcj", "bd09", "bd09ll", "wgs84"}:
            return Placing(
                lon_lat, Datum(word.removesuffix("ll").replace("gcj02", "gcj").replace("gcj", "gcj02")), True
            )
        try:
            return Placing(pyproj.CRS.from_epsg(int(word.removeprefix("epsg:"))), explicit=True)
        except (ValueError, pyproj.exceptions.CRSError) as error:
            raise NoSystem(f"--crs {given}: no such system; give EPSG:number, gcj02 or bd09.", given=given) from error
    if source.crs is not None:
        return Placing(source.crs)
    if source.kind in LON_LAT_BY_CUSTOM or not source.has_shapes:
        return Placing(lon_lat)
    raise NoSystem(
        f"{source.path.name} does not say its coordinate reference system; say it with --crs, for example "
        "--crs EPSG:4547 (CGCS2000, 114 E), --crs EPSG:4326 (longitude, latitude), --crs gcj02 (Chinese web maps).",
        file=source.path.name,
    )
