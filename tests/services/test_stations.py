"""What a station shows residents is set on purpose, kept on record, and refused where it makes no sense."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlalchemy import select, text

from gridmap.services import stations
from gridmap.store import scan_source
from gridmap.store.tables import Audit
from tests import makers


def test_what_is_published_is_kept_and_on_record(sessions):
    with sessions.begin() as session:
        makers.make_station(session)
        place = stations.publish(
            session, "S001", shown=["volunteers", "names"], languages=["ko", "ko", "ru"], by="test"
        )
        assert (place.published, place.languages) == (["names", "volunteers"], ["ko", "ru"])
        stations.publish(session, "S001", shown=None, languages=[], by="test")
        assert (place.published, place.languages) == (["names", "volunteers"], [])
        kept = session.scalars(select(Audit).order_by(Audit.id)).all()
        assert [one.action for one in kept] == ["publish to residents"] * 2
        with pytest.raises(stations.ShownNotKnown, match="birthdays"):
            stations.publish(session, "S001", shown=["birthdays"], languages=None, by="test")


def test_a_portrait_is_shown_only_where_photos_are_published(sessions):
    with sessions.begin() as session:
        makers.make_station(session)
        makers.make_person(session, "王警官", beat="A")
        picture = io.BytesIO()
        Image.new("RGB", (900, 1200), "navy").save(picture, "PNG")
        digest = stations.put_portrait(session, "S001", "王警官", picture.getvalue(), by="test")
        assert scan_source.photo(session, digest) is None
        stations.publish(session, "S001", shown=["photos"], languages=None, by="test")
        shown = scan_source.photo(session, digest)
        assert shown is not None
        assert max(Image.open(io.BytesIO(shown)).size) == 320
        team = session.scalar(text("SELECT scan_team('S001', now(), now())"))
        assert team["people"]["王警官"]["photo"] == digest
        with pytest.raises(stations.PersonNotFound):
            stations.put_portrait(session, "S001", "nobody", picture.getvalue(), by="test")
