"""Every import: a file in, rows kept or refused by line and reason."""

from gridmap.services.imports.loop import KINDS, ImportUnclear, Options, load_file
from gridmap.services.imports.points import read_points
from gridmap.services.imports.report import Rejection, Report

__all__ = ["KINDS", "ImportUnclear", "Options", "Rejection", "Report", "load_file", "read_points"]
