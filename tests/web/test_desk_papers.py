"""The pages of one dispute's mediators, parties and papers, over HTTP."""

from __future__ import annotations

import io
import re

import pypdfium2
import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.domain.dispute_words import KINDS
from gridmap.services.disputes import opening
from gridmap.services.sealing import Sealer
from gridmap.store.engine import enter_scope
from gridmap.store.tables import IncidentCategory, Mediator
from tests import makers
from tests.disputes import actor_of
from tests.web.filled import STATION

SEALER = Sealer(bytes(range(32)))


@pytest.fixture
def app(app):
    app.state.sealer = SEALER
    return app


@pytest.fixture
def dispute(held, sessions) -> int:
    """Take in a dispute of neighbours in cell A1; two mediators are there."""
    with sessions.begin() as session:
        enter_scope(session, [STATION])
        if session.get(IncidentCategory, "neighbours") is None:
            session.add(
                IncidentCategory(
                    code="neighbours", name_zh=KINDS["neighbours"][0], name_en="Neighbours", is_dispute=True
                )
            )
        for name, facts in (("周调解", {"cell": "A1"}), ("<b>吴</b>", {"beat": "B"})):
            one = makers.make_person(session, name, "mediator", **facts)
            session.add(Mediator(person_id=one.id, station=STATION))
        session.flush()
        officer = actor_of(None, Role.OFFICER, "li", STATION)
        wish = opening.Intake("neighbours", "楼上<漏水>", lon=112.9045, lat=35.8025)
        return opening.open_dispute(session, officer, STATION, wish).dispute


@pytest.fixture
def officer(as_role, held):
    return as_role("officer", login="li")


def url(dispute: int, page: str, **facts: object) -> str:
    more = "".join(f"&{name}={value}" for name, value in facts.items())
    return f"/desk/{dispute}/{page}?station={STATION}{more}"


def form(client, address: str, **fields: object) -> dict[str, object]:
    page = client.get(address).text
    hidden = dict(re.findall(r'name="(csrf_token|version|key)" value="([^"]*)"', page))
    return {**hidden, "station": STATION, **fields}


def test_mediators_are_proposed_with_reasons_and_one_tap_hands_it_over(officer, dispute, sessions):
    page = officer.get(url(dispute, "match")).text
    people = re.findall(r'data-person="(\d+)"', page)
    assert len(people) == 2
    assert page.index("周调解") < page.index("&lt;b&gt;吴")
    assert "<b>吴" not in page
    assert "就在本网格 A1" in page
    assert "本系统不给人打分" in page
    sent = form(officer, url(dispute, "match"), person=people[0], note="")
    reply = officer.post(f"/desk/{dispute}/match", data=sent)
    assert (reply.status_code, reply.headers["location"]) == (303, f"/desk/{dispute}?station={STATION}&done=passed_on")
    assert officer.post(f"/desk/{dispute}/match", data=sent).status_code == 303  # sent twice, done once
    with sessions() as session:
        row = session.execute(
            text("SELECT state, offered_id, version FROM dispute WHERE id = :id"), {"id": dispute}
        ).one()
        assert tuple(row) == ("handed", int(people[0]), 2)
        assert session.scalar(text("SELECT note FROM dispute_event WHERE what = 'passed_on'")) == "请接手调解"
    stale = officer.post(f"/desk/{dispute}/match?lang=en", data={**sent, "key": "another-key-of-ours"})
    assert stale.status_code == 412
    assert "Somebody else acted" in stale.text
    assert 'name="person"' not in stale.text


def test_a_party_is_entered_opened_with_a_reason_and_corrected(officer, dispute, sessions):
    address = url(dispute, "parties")
    told = {"side": 1, "name": "张三丰", "phone": "13800000000", "language": "ru", "note": "<住二楼>"}
    reply = officer.post(f"/desk/{dispute}/parties/add", data=form(officer, address, **told))
    assert reply.status_code == 303
    page = officer.get(address).text
    assert "张某" in page
    assert "张三丰" not in page
    assert "13800000000" not in page
    party = re.search(r'<li class="entry" data-id="(\d+)"', page).group(1)
    short = officer.post(f"/desk/{dispute}/parties/open", data=form(officer, address, party=party, reason="看"))
    assert (short.status_code, "13800000000" in short.text) == (422, False)
    reply = officer.post(
        f"/desk/{dispute}/parties/open", data=form(officer, address, party=party, reason="约到所里调解")
    )
    assert "张三丰" in reply.text
    assert "&lt;住二楼&gt;" in reply.text
    assert reply.headers["cache-control"] == "no-store"
    officer.post(
        f"/desk/{dispute}/parties/change", data=form(officer, address, party=party, side=2, reference="张某某")
    )
    with sessions() as session:
        kept = session.execute(text("SELECT side, reference, sealed IS NOT NULL AS kept FROM dispute_party")).one()
        assert tuple(kept) == (2, "张某某", True)
        assert session.scalar(text("SELECT language FROM dispute WHERE id = :id"), {"id": dispute}) == "ru"


def test_what_is_no_party_is_shown_again_as_typed(officer, dispute):
    told = {"side": 1, "reference": "138 0000 0000", "note": "保留"}
    reply = officer.post(f"/desk/{dispute}/parties/add", data=form(officer, url(dispute, "parties"), **told))
    assert reply.status_code == 422
    assert "保留</textarea>" in reply.text
    assert 'role="alert"' in reply.text


def test_a_paper_is_begun_kept_shown_and_printed(officer, dispute):
    page = officer.get(url(dispute, "papers", kind="agreement", language="zh")).text
    assert "试验派出所受理" in page
    assert "双方自愿达成如下协议" in page
    address = f"/desk/{dispute}/papers"
    sent = form(
        officer, url(dispute, "papers", kind="agreement"), kind="agreement", language="zh", text="甲方<道歉>\r\n" * 90
    )
    reply = officer.post(address, data=sent)
    assert reply.status_code == 303
    shown = reply.headers["location"]
    assert "甲方&lt;道歉&gt;" in officer.get(shown).text
    paper = re.search(r"paper=(\d+)", shown).group(1)
    printed = officer.get(url(dispute, f"papers/{paper}/print")).text
    assert "甲方&lt;道歉&gt;" in printed
    assert printed.count("当事人（签名、指印）") == 2
    pdf = officer.get(url(dispute, f"papers/{paper}.pdf"))
    assert (pdf.headers["content-type"], pdf.headers["cache-control"]) == ("application/pdf", "private, no-store")
    with pypdfium2.PdfDocument(io.BytesIO(pdf.content)) as document:
        assert len(document) == 4
        assert [round(edge / 72 * 25.4) for edge in document[0].get_size()] == [210, 297]
        told = "".join(page.get_textpage().get_text_range() for page in document)
    assert told.count("甲方<道歉>") == 90
    assert "人民调解协议书" in told
    assert "调解组织（盖章）" in told
    assert officer.post(address, data=sent).headers["location"].endswith("done=1")  # sent twice, kept once
    assert len(re.findall(r'<li data-id="\d+"', officer.get(url(dispute, "papers")).text)) == 1


def test_the_four_accounts_have_a_field_each(officer, dispute):
    address = url(dispute, "papers", kind="accounts")
    assert officer.get(address).text.count("<textarea") == 4
    four = {"heart": "各让一步", "ties": "远亲不如近邻", "consequences": "漏水要赔", "interests": "误工三天"}
    reply = officer.post(f"/desk/{dispute}/papers", data=form(officer, address, kind="accounts", language="zh", **four))
    assert reply.status_code == 303
    shown = officer.get(reply.headers["location"]).text
    assert all(f"{words}</textarea>" in shown for words in four.values())
    assert "远亲不如近邻" in officer.get(url(dispute, "papers", kind="record", language="zh")).text
    empty = officer.post(f"/desk/{dispute}/papers", data=form(officer, address, kind="accounts", language="zh"))
    assert empty.status_code == 422


def test_names_stand_in_a_paper_with_a_reason_alone(officer, dispute):
    officer.post(f"/desk/{dispute}/parties/add", data=form(officer, url(dispute, "parties"), side=1, name="张三丰"))
    address = url(dispute, "papers", kind="agreement")
    assert "张三丰" not in officer.get(address).text
    for reason, status in (("", 422), ("看", 422), ("制作协议书", 200)):
        sent = form(officer, address, kind="agreement", language="zh", reason=reason)
        reply = officer.post(f"/desk/{dispute}/papers/begin", data=sent)
        assert (reply.status_code, "张三丰" in reply.text) == (status, status == 200)


def test_others_see_none_of_it(as_role, dispute):
    for role, status in (("auditor", 403), ("planner", 403), ("mediator", 404)):
        client = as_role(role)
        for page in ("match", "parties", "papers"):
            assert client.get(url(dispute, page)).status_code == status
    assert as_role("commander").get(url(dispute, "papers/99999999999/print")).status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_languages_name_everything(officer, dispute, language):
    for page in ("match", "parties", "papers", "papers?kind=accounts", "papers?kind=record"):
        path, _, more = page.partition("?")
        reply = officer.get(f"{url(dispute, path)}&lang={language}&{more}")
        assert reply.status_code == 200
        assert not re.search(r">\s*(match|party|paper|case|desk)_[a-z_]+\s*<", reply.text)
