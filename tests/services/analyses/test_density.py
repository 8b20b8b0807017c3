"""Density of a case: it adds up to the events, and its bandwidth is said."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gridmap.services.analyses import density
from tests.cases import SIDE, SOUTH, WEST, Event, body_of, gathered, inside, make_case, scattered


def mass(answer, case):
    """Return the sum of density x area inside x years; what lies below the lowest class is not drawn."""
    area = shapely.intersection(answer.cells.geometry.to_numpy(), case.ground)
    return float((answer.cells["density"] * shapely.area(area) / 1e6).sum() * case.view.years)


def test_density_times_area_times_years_is_the_number_of_events(monkeypatch):
    monkeypatch.setattr(density, "STEPS", (0.0, 0.15, 0.3, 0.5, 0.75))  # draw every square
    ragged = shapely.Polygon(
        [(WEST, SOUTH), (WEST + 2950, SOUTH + 40), (WEST + 2700, SOUTH + 2900), (WEST + 130, SOUTH + SIDE)]
    )
    case = make_case([*gathered(300, 1500, 1500, seed=1), *scattered(200, seed=2)], length=730, ground=ragged)
    answer = density.compute(case)
    assert mass(answer, case) == pytest.approx(len(case.events), rel=1e-3)
    assert answer.facts["unit"] == "events_km2_year"


def test_the_peak_is_where_the_crowd_is_and_classes_follow_the_breaks():
    answer = density.compute(make_case([*gathered(200, 800, 2200, seed=3), *scattered(100, seed=4)]))
    top = answer.cells.loc[answer.cells["density"].idxmax()]
    assert top.geometry.distance(shapely.Point(WEST + 800, SOUTH + 2200)) < 150
    assert top["class"] == 5
    for row in answer.cells.itertuples():
        assert row.density >= answer.facts["breaks"][int(answer.cells["class"][row.Index]) - 1] * 0.999


def test_the_bandwidth_is_chosen_or_taken_and_said():
    events = [*gathered(100, 800, 2200, seed=3), *scattered(100, seed=4)]
    chosen = density.compute(make_case(events)).facts
    assert chosen["bandwidth"] == "held_out"
    assert chosen["bandwidth_m"] == chosen["tried"][0]["bandwidth_m"]
    scores = [one["score"] for one in chosen["tried"]]
    assert scores == sorted(scores, reverse=True)
    by_hand = density.compute(make_case(events, bandwidth_m=450.0)).facts
    assert (by_hand["bandwidth"], by_hand["bandwidth_m"]) == ("by_hand", 450.0)
    assert "tried" not in by_hand


def test_a_bandwidth_below_the_squares_takes_finer_squares():
    answer = density.compute(make_case(scattered(100, seed=5), size_m=200, bandwidth_m=150.0))
    assert answer.facts["size_m"] == 100


def test_per_household_even_risk_is_even_and_what_nobody_lives_by_is_counted():
    case = make_case(scattered(400, seed=6), per="household", bandwidth_m=700.0, households=3)
    answer = density.compute(case)
    assert answer.facts["unit"] == "events_1000_households_year"
    middle = inside(answer.cells, 1550, 1550)["density"].iloc[0]
    assert middle == pytest.approx(400 / (900 * 3 / 1000) / case.view.years, rel=0.25)
    empty = density.compute(make_case(scattered(400, seed=6), per="household", households=0))
    assert empty.facts["without_denominator"] == 400
    assert empty.cells.empty


@pytest.mark.parametrize("events", [[], [Event(10, 10, 5)], scattered(29, seed=7)])
def test_too_few_draw_nothing_and_say_so(events):
    told = body_of(density.compute(make_case(events)))
    assert (told["facts"]["enough"], told["cells"]["features"]) == (False, [])


@pytest.mark.parametrize("options", [{}, {"per": "household"}, {"shape": "beat"}, {"size_m": 5000}])
def test_all_at_one_point_on_one_day_is_one_peak(options):
    case = make_case([Event(1550, 1550, 0.5)] * 40, length=1, households=4, **options)
    answer = density.compute(case)
    assert np.isfinite(answer.cells["density"]).all()
    assert inside(answer.cells, 1550, 1550)["class"].tolist() == [5]
