"""What is kept between requests: for one database, as long as it is used, and not past its time."""

from __future__ import annotations

from gridmap.services.drafts import kept as shelf
from gridmap.services.drafts.kept import KEPT, kept


def test_what_is_asked_for_at_every_version_outlasts_the_versions(session):
    made: list[str] = []
    for version in range(3 * KEPT):
        assert kept(session, "doors", lambda: made.append("doors") or "the doors") == "the doors"
        kept(session, ("zones", version), lambda: made.append("zones"))
    assert made.count("doors") == 1
    kept(session, ("zones", 0), lambda: made.append("again"))  # long unused, and let go
    assert made[-1] == "again"


def test_what_has_grown_old_is_made_anew(session, monkeypatch):
    assert kept(session, "doors", lambda: 1) == 1
    assert kept(session, "doors", lambda: 2) == 1
    monkeypatch.setattr(shelf, "FRESH_S", 0.0)
    assert kept(session, "doors", lambda: 3) == 3
