"""The lives of made-up disputes: nobody settles before they know of it, and everybody who settled one is somebody."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd

from gridmap.synthetic.histories import ABOVE, DESK
from tests.synthetic.nancheng import nancheng

LOOP = Path(__file__).parent.parent.parent / "fixtures" / "loops" / "nancheng.toml"


def lives() -> pd.DataFrame:
    """Return the disputes with their moments as such."""
    table = nancheng().disputes
    names = ["opened_at", "tier_2_at", "tier_3_at", "settled_at", "visited_at"]
    return table.assign(**{name: pd.to_datetime(table[name].where(table[name] != "")) for name in names})


def test_what_ended_above_where_it_began_went_up_in_turn():
    told = lives()
    above = told["tier"] > 1
    began_above = told["kind"].isin(ABOVE)
    assert told.loc[~above, ["tier_2_at", "tier_3_at"]].isna().all(axis=None)
    assert (told["tier_2_at"].notna() == (above & ~began_above)).all()
    assert (told["tier_3_at"].notna() == (told["tier"] == 3)).all()
    end = told["settled_at"].fillna(pd.Timestamp("2026-11-01T00:00:00+08:00"))
    for first, then in (("opened_at", "tier_2_at"), ("opened_at", "tier_3_at"), ("tier_2_at", "tier_3_at")):
        both = told[first].notna() & told[then].notna()
        assert both.any()
        assert (told.loc[both, first] <= told.loc[both, then]).all()
    for name in ("tier_2_at", "tier_3_at"):
        assert (told[name].isna() | (told[name] <= end)).all()
    year = told[told["opened_at"] >= pd.Timestamp("2025-11-01T00:00:00+08:00")]
    assert 0.15 < (year["tier_2_at"].notna() | year["tier_3_at"].notna()).mean() < 0.25


def test_whoever_settled_one_is_on_the_list_and_whoever_has_one_still_works_there():
    made, told = nancheng(), lives()
    loop = tomllib.loads(LOOP.read_text(encoding="utf-8"))
    here = made.people[made.people["to"] == ""]
    bodies = {one["code"] for one in loop["body"]} | {DESK}
    assert set(told["holder"]) <= set(here["code"]) | bodies | {one["code"] for one in loop["mediator"]}
    assert (told["holder"] == DESK).mean() < 0.03
    away = set(made.leave.loc[made.leave["to"] > "2026-11", "person"])
    still = told.loc[told["settled_at"].isna(), "holder"]
    assert len(still) == 5
    assert set(still) <= set(here["code"]) - away
    assert (told.loc[told["tier"] == 3, "holder"].isin(["joint_table", "NC-J1"])).all()
    mine = told.merge(here.drop_duplicates("code"), left_on="holder", right_on="code", suffixes=("", "_of"))
    assert set(mine["role"]) == {"officer", "grid_member"}


def test_most_settled_ones_were_asked_after_and_most_of_these_said_how_it_was():
    told = lives()
    asked = told["visited_at"].notna()
    days = (told["visited_at"].dt.normalize() - told["settled_at"].dt.normalize()).dt.days[asked]
    assert days.between(7, 21).all()
    assert told.loc[asked, "visited_at"].max() < pd.Timestamp("2026-11-01T00:00:00+08:00")
    assert 0.75 < asked[told["settled_at"] < pd.Timestamp("2026-10-01T00:00:00+08:00")].mean() < 0.85
    rated = told["rating"] != ""
    assert (asked | ~rated).all()
    stars = told.loc[rated, "rating"].astype(int)
    assert stars.between(1, 5).all()
    assert set(stars) == {1, 2, 3, 4, 5}
    assert 4.2 < stars.mean() < 4.6


def test_the_visits_are_those_the_disputes_tell_of():
    made = nancheng()
    asked = made.visits[made.visits["purpose"] == "dispute"]
    told = made.disputes[made.disputes["address"] != ""]
    assert set(zip(asked["address"], asked["at"], strict=True)) <= set(
        zip(told["address"], told["visited_at"], strict=True)
    )
    assert len(asked) > 1_000
