"""What every table shares: the metadata, naming of constraints, and the common column types."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from geoalchemy2 import Geometry
from sqlalchemy import Date, DateTime, ForeignKey, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The root of all tables: text, UTC times and JSON by their Python types."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        datetime: DateTime(timezone=True),
        date: Date,
        dict[str, Any]: JSONB,
    }


def polygons(*, nullable: bool = False) -> Any:
    """Return a column of MultiPolygons in EPSG:4326 with a spatial index."""
    return mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=True), nullable=nullable)


def point(*, nullable: bool = True) -> Any:
    """Return a column of Points in EPSG:4326 with a spatial index."""
    return mapped_column(Geometry("POINT", srid=4326, spatial_index=True), nullable=nullable)


StationCode = Annotated[str, mapped_column(ForeignKey("station.code"))]
Now = Annotated[datetime, mapped_column(server_default=func.clock_timestamp())]
