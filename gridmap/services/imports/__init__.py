"""Every import: a file in, rows kept or refused by line and reason."""

from gridmap.services.imports.loop import KINDS, ImportUnclear, Options, Progress, load_file, record
from gridmap.services.imports.points import read_points
from gridmap.services.imports.report import Rejection, Report
from gridmap.services.imports.zones import NewStation, ZoneOptions, load_zones

__all__ = [
    "KINDS",
    "ImportUnclear",
    "NewStation",
    "Options",
    "Progress",
    "Rejection",
    "Report",
    "ZoneOptions",
    "load_file",
    "load_zones",
    "read_points",
    "record",
]
