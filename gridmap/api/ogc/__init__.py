"""OGC API - Features (Parts 1 and 2) and Tiles, read-only, for desktop GIS and other programs.

References
----------
OGC 17-069r4, "OGC API - Features - Part 1: Core corrigendum"; OGC 18-058r1, "Part 2: Coordinate Reference Systems by
Reference"; OGC 19-079r2, "Part 3: Filtering", queryables as query parameters; OGC 20-057, "OGC API - Tiles - Part 1: Core".
"""

from __future__ import annotations

from fastapi import APIRouter

from gridmap.api.ogc import collections, items, landing, tiles

router = APIRouter()
for topic in (landing, collections, items, tiles):
    router.include_router(topic.router)
