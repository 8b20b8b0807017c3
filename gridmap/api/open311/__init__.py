"""Open311 GeoReport v2: neighbours' applications file requests at a station and follow them. Base URL: `/open311/v2`.

References
----------
Open311 (2011), "GeoReport v2" and "Service Discovery", frozen specifications of the Open311 wiki; `page` and `page_size` as
the wiki's list of extensions has them.
"""

from __future__ import annotations

from fastapi import APIRouter

from gridmap.api.open311 import requests, rest, services

router = APIRouter()
# `rest` takes what no other has: it comes last.
for topic in (services, requests, rest):
    router.include_router(topic.router)
