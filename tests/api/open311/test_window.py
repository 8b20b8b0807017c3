"""The ten minutes in which the same words of one application are one request, wherever on the clock they begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gridmap.http.sealed import sealer_of
from gridmap.services import open311
from gridmap.services.open311_filing import SAME_FOR, Filing, file
from tests.api.open311.conftest import INSIDE
from tests.served import OWN

#: A moment at which one stretch of ten minutes ends and the next begins.
BORDER = datetime.fromtimestamp(
    (datetime.now(UTC) - timedelta(hours=2)).timestamp() // SAME_FOR.total_seconds() * SAME_FOR.total_seconds(), UTC
)


@pytest.mark.parametrize(
    ("before_s", "after_s", "one"), [(60, 60, True), (1, 0, True), (0, 599, True), (300, 301, False), (60, 600, False)]
)
def test_the_same_words_within_ten_minutes_are_one_request_across_every_border(served, before_s, after_s, one):
    filing = Filing("neighbours", f"从{before_s}秒前到{after_s}秒后", lat=INSIDE["lat"], lon=INSIDE["long"])
    numbers = []
    for at in (BORDER - timedelta(seconds=before_s), BORDER + timedelta(seconds=after_s)):
        with served.sessions.begin() as session:
            caller = open311.enter(session, OWN, served.key)
            numbers.append(file(session, sealer_of(served.client.app), caller, filing, "zh", at))
    assert [receipt.again for receipt in numbers] == [False, one]
    assert (numbers[0].request_id == numbers[1].request_id) is one
