"""Parties of disputes: references in the open, persons sealed, the same number linked, every look on record."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role, RoleMayNot
from gridmap.domain.parties import PartyNotValid, Personal
from gridmap.services.disputes import parties
from gridmap.services.disputes.acting import DisputeNotFound
from gridmap.services.sealing import SealBroken, Sealer

SEALER = Sealer(bytes(range(32)))
WHO = Personal("张三丰", "138 0000 0000", "", "zh", "住二楼")


def add(town, session, dispute: int, personal: Personal = WHO, **facts: object) -> tuple[int, list[int]]:
    return parties.add(session, town.officer, town.station, dispute, SEALER, side=1, personal=personal, **facts)


def test_a_party_is_called_by_initials_and_kept_sealed(town, served):
    dispute = town.open(served).dispute
    party, links = add(town, served, dispute)
    (shown,) = parties.listing(served, town.officer, town.station, dispute)
    assert (shown.id, shown.reference, shown.kept, shown.others, links) == (party, "张某", True, 0, [])
    row = served.execute(text("SELECT sealed, print FROM dispute_party")).one()
    assert len(row.print) == 16
    assert "张三丰".encode() not in bytes(row.sealed)
    with pytest.raises(SealBroken):
        SEALER.open(bytes(row.sealed), parties.context(party + 1))


def test_opening_needs_a_reason_and_goes_on_record(town, served, sessions):
    dispute = town.open(served).dispute
    party, _ = add(town, served, dispute)
    ask = (served, town.officer, town.station, dispute, party, SEALER)
    with pytest.raises(parties.PartyNeedsReason):
        parties.open_party(*ask, reason=" 看看 ")
    assert parties.open_party(*ask, reason="约双方到所调解") == WHO
    served.commit()
    with sessions() as session:
        kept = session.execute(text("SELECT by, thing, after FROM audit WHERE action = 'open party'")).all()
        assert [tuple(one) for one in kept] == [
            ("officer", f"dispute {dispute} party {party}", {"reason": "约双方到所调解"})
        ]
        everything = session.execute(text("SELECT coalesce(string_agg(a::text, ''), '') FROM audit a")).scalar_one()
        assert "13800000000" not in everything.replace(" ", "")
        assert "张三丰" not in everything


def test_the_same_number_links_disputes_of_a_station_once_and_says_so_in_the_timeline(town, served):
    first, second = town.open(served).dispute, town.open(served, address_id=None, lon=112.915, lat=35.802).dispute
    add(town, served, second, Personal("某甲", "13900000000"))
    add(town, served, first)
    party, links = add(town, served, second, Personal("张三", "+86 13800000000"))
    assert links == [first]
    assert add(town, served, second, Personal("张三", "13800000000"))[1] == []
    steps = served.execute(text("SELECT dispute_id, by, role, facts FROM dispute_event WHERE what = 'linked'")).all()
    assert [tuple(one) for one in steps] == [(second, "gridmap", "clock", {"links": [first], "why": "party"})]
    link = served.execute(text("SELECT dispute_id, earlier_id, why FROM dispute_link")).one()
    assert tuple(link) == (second, first, "party")
    assert [one.others for one in parties.listing(served, town.officer, town.station, second)] == [0, 1, 1]
    # Told anew with another number, it has another print.
    parties.change(
        served, town.officer, town.station, second, party, SEALER, side=2, reference="", personal=Personal("李四", "13700000000")
    )  # fmt: skip
    shown = {one.id: one for one in parties.listing(served, town.officer, town.station, second)}[party]
    assert (shown.side, shown.reference, shown.others) == (2, "李某", 0)


@pytest.mark.parametrize("before", ["phone", "id_number", "both"])
@pytest.mark.parametrize("after", ["phone", "id_number", "both"])
def test_who_is_entered_with_one_number_in_common_is_the_same_however_they_were_entered(town, served, before, after):
    whole = {"phone": "138 0000 0000", "id_number": "11010119900101123x"}
    first, second = town.open(served).dispute, town.open(served, address_id=None, lon=112.915, lat=35.802).dispute
    for dispute, told in ((first, before), (second, after)):
        numbers = whole if told == "both" else {told: whole[told]}
        links = add(town, served, dispute, Personal("张三丰", **numbers))[1]
    common = before == after or "both" in {before, after}
    assert links == ([first] if common else [])
    assert [one.others for one in parties.listing(served, town.officer, town.station, second)] == [int(common)]


def test_a_party_of_another_tongue_sets_the_language_of_the_dispute(town, served):
    dispute = town.open(served).dispute
    add(town, served, dispute, Personal("Ivan Petrov", language="ru"))
    add(town, served, dispute, Personal("张三", language="zh"))
    assert served.scalar(text("SELECT language FROM dispute")) == "ru"


def test_what_is_no_reference_is_refused_and_nothing_is_kept(town, served):
    dispute = town.open(served).dispute
    for wrong in (
        {"reference": "13800000000"},
        {"personal": Personal(phone="13800000000")},
        {"personal": Personal("张" * 201)},
    ):
        with pytest.raises(PartyNotValid):
            add(town, served, dispute, **wrong)
    assert served.scalar(text("SELECT count(*) FROM dispute_party")) == 0


def test_a_name_typed_as_a_reference_is_sealed_and_shown_by_its_initials(town, served):
    dispute = town.open(served).dispute
    party, _ = parties.add(served, town.officer, town.station, dispute, SEALER, side=1, reference="张三丰")
    ask = (served, town.officer, town.station, dispute)
    assert parties.listing(*ask)[0].reference == "张某"
    assert parties.open_party(*ask, party, SEALER, reason="约双方到所") == Personal("张三丰")
    other, _ = add(town, served, dispute, Personal(phone="13900000000"), reference="租客")
    parties.change(*ask, other, SEALER, side=2, reference="Mary Watson")
    assert [one.reference for one in parties.listing(*ask)] == ["张某", "M.W."]
    assert parties.open_party(*ask, other, SEALER, reason="约双方到所") == Personal("Mary Watson", "13900000000")
    parties.change(*ask, other, SEALER, side=2, reference="王某")
    assert parties.open_party(*ask, other, SEALER, reason="约双方到所") == Personal("Mary Watson", "13900000000")
    kept = served.execute(text("SELECT string_agg(p::text, '') FROM dispute_party p")).scalar_one()
    assert not any(name in kept for name in ("三丰", "Mary", "Watson"))


def test_only_who_sees_the_dispute_sees_its_parties(town, served):
    dispute = town.open(served, address_id=None, lon=112.915, lat=35.802).dispute  # in cell B1
    party, _ = add(town, served, dispute)
    for actor in (town.grid, town.mediator):
        with pytest.raises(DisputeNotFound):
            parties.listing(served, actor, town.station, dispute)
        with pytest.raises(DisputeNotFound):
            parties.open_party(served, actor, town.station, dispute, party, SEALER, reason="想知道是谁")
    other = town.open(served).dispute
    with pytest.raises(parties.PartyNotFound):
        parties.open_party(served, town.officer, town.station, other, party, SEALER, reason="约双方到所")


def test_prints_of_two_stations_or_two_keys_are_not_alike():
    prints = {
        SEALER.print("phone 1", "party S001"),
        SEALER.print("phone 1", "party S002"),
        Sealer(bytes(32)).print("phone 1", "party S001"),
    }
    assert len(prints) == 3


def test_who_may_not_work_disputes_adds_no_party(town, served):
    dispute = town.open(served).dispute
    auditor = replace(town.officer, role=Role.AUDITOR)
    with pytest.raises(RoleMayNot):
        parties.add(served, auditor, town.station, dispute, SEALER, side=1, personal=WHO)
