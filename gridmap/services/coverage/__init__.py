"""Coverage gaps (服务空白): where nobody is responsible, and when; each with place, size, since when, and what to do."""

from gridmap.services.coverage.files import as_csv, as_geojson
from gridmap.services.coverage.kinds import GROUPS, KINDS, GapKindNotKnown
from gridmap.services.coverage.limits import Limits, LimitsNotPossible
from gridmap.services.coverage.look import Coverage, Note, gaps, look
from gridmap.services.coverage.rows import COLUMNS
from gridmap.services.coverage.shelf import Shelf
from gridmap.services.coverage.time import Week

__all__ = [
    "COLUMNS",
    "GROUPS",
    "KINDS",
    "Coverage",
    "GapKindNotKnown",
    "Limits",
    "LimitsNotPossible",
    "Note",
    "Shelf",
    "Week",
    "as_csv",
    "as_geojson",
    "gaps",
    "look",
]
