"""What programs of others read: the same routes for everybody, each with the collections of their role."""

from __future__ import annotations

from tests.api.row import Row

C = "/ogc/collections/{collection}"
ROWS = [
    Row("GET", "/ogc", "somebody", scoped=False),
    Row("GET", "/ogc/conformance", "somebody", scoped=False),
    Row("GET", "/ogc/api", "somebody", scoped=False),
    Row("GET", "/ogc/collections", "somebody", scoped=False),
    Row("GET", C, "somebody", "/ogc/collections/beats", scoped=False),
    Row("GET", C + "/queryables", "somebody", "/ogc/collections/beats/queryables", scoped=False),
    Row("GET", "/ogc/tileMatrixSets", "somebody", scoped=False),
    Row("GET", "/ogc/tileMatrixSets/{matrix}", "somebody", "/ogc/tileMatrixSets/WebMercatorQuad", scoped=False),
    Row("GET", C + "/tiles", "somebody", "/ogc/collections/cells/tiles", scoped=False),
    Row("GET", C + "/tiles/{matrix}", "somebody", "/ogc/collections/beats/tiles/WebMercatorQuad", scoped=False),
    Row("GET", C + "/tiles/{matrix}/{z}/{y}/{x}", "somebody",
        "/ogc/collections/beats/tiles/WebMercatorQuad/0/0/0", scoped=False),
    Row("GET", C + "/items", "somebody", "/ogc/collections/cells/items", scoped=False),
    Row("GET", C + "/items/{feature:path}", "somebody", "/ogc/collections/beats/items/S001.A", scoped=False),
]  # fmt: skip
