"""Whatever a form or a program sends, the pages of residents answer without breaking."""

from __future__ import annotations

from urllib.parse import quote

from gridmap.domain.reports import Limits
from tests.web.reporting import app, client, fields

__all__ = ["app", "client"]
NASTY = (
    "\0", "%00", "٣", "a" * 5_000, "9999-12-31T23:59", "0001-01-01T00:00:00+23:59", "2025-01-01T00:00:00+99:99", "2025-W01-1",
    "\u202e<b>", "1\n2",
)  # fmt: skip
FORM = ("kind", "words", "happened_at", "phone", "token", "send_key", "lang", "confirm")
BODY = ("kind", "words", "happened_at", "send_key", "contact", "language")


def test_nothing_breaks_them(client, held, app) -> None:
    most = 10**6
    app.state.report_desk.limits = Limits(most, most, most, most, most)
    page, api = f"/p/{held.plate}/report", f"/api/v1/plates/{held.plate}/reports"
    hidden = fields(client.get(page).text)
    code = client.post(api, json={"kind": "visit", "send_key": "s" * 20, "words": "ok"}).json()["code"]
    follow = fields(client.get(f"/r/{code}").text)
    replies = []
    for word in NASTY:
        replies += [client.post(page, data={"kind": "hazard", "words": "w", **hidden, name: word}) for name in FORM]
        replies += [client.post(api, json={"kind": "visit", "send_key": "q" * 20, name: word}) for name in BODY]
        replies += [
            client.post(f"/r/{code}", data={**follow, "do": do, "words": word, "rating": word})
            for do in ("add", "rate", word)
        ]
        replies += [client.get(f"{path}{quote(word, safe='')}") for path in ("/r/", "/api/v1/reports/", "/r?code=")]
    assert [(one.request.url, one.status_code) for one in replies if one.status_code >= 500] == []
