"""Open311: no role counts, an application's own key does; what needs one is refused without it."""

from __future__ import annotations

from tests.api.row import Row
from tests.served import OWN

B = "/open311/v2"
#: A jurisdiction is asked of anybody, so that one there is not is told as such.
S = f"?jurisdiction_id={OWN}"
ROWS: list[Row] = [
    Row("GET", B + "/discovery.{fmt}", "anybody", B + "/discovery.json", scoped=False),
    Row("GET", B + "/services.{fmt}", "anybody", f"{B}/services.xml{S}", scoped=False),
    Row("GET", B + "/services/{code}.{fmt}", "anybody", f"{B}/services/flying.json{S}", scoped=False, done=404),
    Row("GET", B + "/requests.{fmt}", "anybody", f"{B}/requests.json{S}", scoped=False, done=403),
    Row("POST", B + "/requests.{fmt}", "anybody", f"{B}/requests.json",
        {"data": {"jurisdiction_id": OWN, "api_key": "none"}}, scoped=False, done=403),
    Row("GET", B + "/requests/{request_id}.{fmt}", "anybody", B + "/requests/000000000000.json", scoped=False, done=404),
    Row("GET", B + "/tokens/{token}.{fmt}", "anybody", B + "/tokens/000000000000.json", scoped=False, done=404),
    # Everything else below the base URL is told to be nothing, in the standard's form.
    *(
        Row(method, f"{B}{rest}", "anybody", f"{B}/nothing.json" if rest else B, scoped=False, done=404)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE") for rest in ("", "/{path:path}")
    ),
]  # fmt: skip
