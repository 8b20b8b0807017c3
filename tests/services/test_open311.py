"""Which station a request of another application is for."""

from __future__ import annotations

import pytest

from gridmap.domain.open311 import OpenRequestNotValid
from gridmap.services import open311
from tests import makers


def test_where_one_station_is_served_nobody_need_name_it(sessions):
    with sessions.begin() as session:
        makers.make_station(session, "S001")
        assert open311.enter(session, "", "").place.code == "S001"
        makers.make_station(session, "S002", x=5)
        with pytest.raises(OpenRequestNotValid, match="jurisdiction_id is missing"):
            open311.enter(session, "", "")
