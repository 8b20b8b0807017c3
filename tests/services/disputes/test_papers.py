"""Papers of disputes: begun from the station's texts, sealed, kept as versions, each a step in the timeline."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.domain import loops
from gridmap.domain.loop_rules import to_json
from gridmap.domain.loops import Rules
from gridmap.domain.papers import PaperNotValid
from gridmap.domain.parties import Personal
from gridmap.services.disputes import papers, parties
from gridmap.services.disputes.acting import DisputeNotFound, KeyUsed
from gridmap.services.sealing import SealBroken, Sealer
from gridmap.store import loops as kept_loops
from gridmap.store.engine import enter_scope

SEALER = Sealer(bytes(range(32)))
FOUR = {"heart": "各让一步", "ties": "远亲不如近邻", "consequences": "漏水要赔", "interests": "误工三天"}


def begin(town, session, dispute: int, kind: str, language: str = "zh", reason: str = "") -> papers.Paper:
    return papers.begin(
        session, town.officer, town.station, dispute, SEALER, kind=kind, language=language, reason=reason
    )


def write(town, session, dispute: int, **facts: object) -> int | None:
    wish = {"kind": "record", "language": "zh", "text": "调解笔录", **facts}
    return papers.write(session, town.officer, town.station, dispute, SEALER, **wish)


def test_the_four_accounts_are_written_and_stand_in_the_agreement(town, served):
    dispute = town.open(served).dispute
    paper = write(town, served, dispute, kind="accounts", text="", accounts=FOUR)
    found = papers.open_paper(served, town.officer, town.station, dispute, paper, SEALER)
    assert found.accounts == FOUR
    assert all(words in found.text for words in FOUR.values())
    assert "邻里纠纷" in found.text
    assert "{" not in found.text
    record = begin(town, served, dispute, "record")
    assert "远亲不如近邻" in record.text
    assert "grid" in record.text  # who holds it
    assert "{" not in record.text


def test_a_paper_names_the_parties_by_initials_and_with_a_reason_by_name(town, served):
    dispute = town.open(served).dispute
    personal = Personal("张三丰", "13800000000", "11010119900101123X")
    party, _ = parties.add(served, town.officer, town.station, dispute, SEALER, side=1, personal=personal)
    plain, full = (begin(town, served, dispute, "agreement", reason=reason).text for reason in ("", "制作协议书"))
    assert "张某" in plain
    assert "张三丰" not in plain
    assert "张三丰，电话 13800000000，身份证号 11010119900101123X" in full
    assert "Telephone 13800000000" in begin(town, served, dispute, "agreement", "en", "to sign it").text
    with pytest.raises(parties.PartyNeedsReason):
        begin(town, served, dispute, "agreement", reason="x")
    assert party


def test_versions_are_kept_sealed_counted_and_told_in_the_timeline(town, served, sessions):
    dispute = town.open(served).dispute
    first = write(town, served, dispute, text="甲方张三丰同意")
    second = write(town, served, dispute, text="甲方张三丰同意并道歉")
    found = papers.versions(served, town.officer, town.station, dispute)
    assert [(one.id, one.kind, one.number, one.by) for one in found] == [
        (second, "record", 2, "officer"), (first, "record", 1, "officer")
    ]  # fmt: skip
    assert papers.open_paper(served, town.officer, town.station, dispute, first, SEALER).text == "甲方张三丰同意"
    steps = (
        served.execute(text("SELECT facts - 'asked' FROM dispute_event WHERE what = 'paper' ORDER BY id"))
        .scalars()
        .all()
    )
    assert steps == [{"paper": "record", "id": first}, {"paper": "record", "id": second}]
    served.commit()
    with sessions() as session:
        dump = session.execute(
            text("SELECT string_agg(e::text, '') || (SELECT string_agg(a::text, '') FROM audit a) FROM dispute_event e")
        )
        assert "张三丰" not in dump.scalar_one()
        looks = session.execute(text("SELECT action, thing FROM audit WHERE action LIKE '%paper' ORDER BY id")).all()
        assert [tuple(one) for one in looks] == [
            ("write paper", f"dispute {dispute} paper {first}"), ("write paper", f"dispute {dispute} paper {second}"),
            ("open paper", f"dispute {dispute} paper {first}"),
        ]  # fmt: skip


def test_a_version_does_not_pass_for_another(town, served, sessions, app_sessions):
    dispute = town.open(served).dispute
    first, second = write(town, served, dispute, text="一"), write(town, served, dispute, text="二")
    served.commit()
    with sessions.begin() as session:
        session.execute(
            text("UPDATE dispute_paper SET sealed = (SELECT sealed FROM dispute_paper WHERE id = :a) WHERE id = :b"),
            {"a": first, "b": second},
        )
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        with pytest.raises(SealBroken):
            papers.open_paper(session, town.officer, town.station, dispute, second, SEALER)


def test_a_request_sent_twice_keeps_one_version(town, served):
    dispute = town.open(served).dispute
    assert write(town, served, dispute, key="key-of-a-paper") is not None
    assert write(town, served, dispute, key="key-of-a-paper") is None
    other = town.open(served, key="key-of-opening").dispute
    with pytest.raises(KeyUsed):
        write(town, served, other, key="key-of-a-paper")
    with pytest.raises(KeyUsed):
        write(town, served, other, key="key-of-opening")
    assert len(papers.versions(served, town.officer, town.station, dispute)) == 1


def test_the_stations_own_text_is_taken(town, served, sessions):
    with sessions.begin() as session:
        rules = Rules(templates={"record": {"zh": "本所样式 {number} {station} {today}"}})
        loop = loops.Loop("own", "试", "Try", loops.STANDARD.tiers.values(), loops.STANDARD.moves.values(), rules)
        kept_loops.put(session, loop, to_json(rules), by="test")
        kept_loops.follow(session, town.station, "own")
    dispute = town.open(served).dispute
    assert begin(town, served, dispute, "record").text.startswith("本所样式 M-")


def test_what_is_empty_is_refused_and_who_does_not_see_it_reads_nothing(town, served):
    dispute = town.open(served, address_id=None, lon=112.915, lat=35.802).dispute  # in cell B1
    for wrong in ({"text": " "}, {"kind": "verdict"}, {"kind": "accounts", "text": "", "accounts": {"heart": " "}}):
        with pytest.raises(PaperNotValid):
            write(town, served, dispute, **wrong)
    paper = write(town, served, dispute)
    with pytest.raises(DisputeNotFound):
        papers.open_paper(served, town.grid, town.station, dispute, paper, SEALER)
    other = town.open(served).dispute
    with pytest.raises(papers.PaperNotFound):
        papers.open_paper(served, town.officer, town.station, other, paper, SEALER)
