"""A proposal as it is kept, made by hand: two beats of two cells each that have changed a cell for a cell."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from gridmap.services.proposals import PlanWishes
from gridmap.store import proposals
from gridmap.store.tables import Proposal

WHOLE: dict[str, Any] = {
    "beats_n": 2, "deviation": 0.2, "cv": 0.2, "load_most": 120.0, "load_least": 80.0, "compactness": 0.7,
    "compactness_least": 0.7, "response_min": 2.5, "response_most": 3.0, "elsewhere": 0.1, "changed_doors": 0,
    "changed_share": 0.0, "villages_split": 0,
}  # fmt: skip
BEAT: dict[str, Any] = {
    "load": 120.0, "deviation": 0.2, "households": 12, "doors": 10, "calls": 4, "disputes": 1, "area_km2": 0.5,
    "compactness": 0.7, "response_min": 2.5, "is_new": False, "locked": False, "came": 1, "left": 1, "officer": None,
}  # fmt: skip


def make_proposal(session: Session, station: str, prefix: str = "") -> Proposal:
    """Keep a proposal for the two squares of `tests.makers`, from edition 1, with one option."""
    a, b = f"{prefix}A", f"{prefix}B"
    names = [{"code": code, "name_zh": f"{code}格", "name_en": f"Zone {code}"} for code in (a, b)]
    beats = [{**BEAT, **name} for name in names]
    drawn = [
        {"code": a, "colour": 0, "path": "M0 0l1000 0 0 250 -1000 0z", "at": [500, 125]},
        {"code": b, "colour": 1, "path": "M0 250l1000 0 0 250 -1000 0z", "at": [500, 375]},
    ]
    drawing = {"size": [1000, 500], "beats": drawn, "changed": ""}
    option = {
        **WHOLE, "within": False, "changed_doors": 2, "changed_share": 0.2, "crossings": 0, "stray": 0, "travel_m": 300,
        "new": [], "gone": [], "seed": 0, "best": ["balance"], "beats": beats,
    }  # fmt: skip
    plan = {
        "units": "cells",
        "size_m": 0,
        "beats": {a: [f"{a}1", f"{b}1"], b: [f"{a}2", f"{b}2"]},
        "drawing": {**drawing, "changed": "M500 0l500 0 0 250 -500 0z"},
    }
    wishes = {
        "wishes": PlanWishes(2, tolerance=0.05).kept(),
        "present": {**WHOLE, "beats": beats, "drawing": drawing},
    }
    facts = {"by": "test", "base": 1, "synthetic": True, "wishes": wishes, "options": [(option, plan)]}
    return proposals.add(session, station, **facts)
