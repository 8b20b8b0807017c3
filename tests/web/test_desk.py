"""The desk of disputes over HTTP: the day's work, the list and its files, one dispute and its forms."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import Holder
from gridmap.store.tables import Audit, Dispute, DisputeEvent, Mediator, Person
from tests import makers
from tests.web.desk_town import app, dispute, forms, known, listed, officer, post, state, steps, town
from tests.web.filled import NOW, STATION

__all__ = ["app", "dispute", "known", "officer", "town"]
#: A page that goes over one bar of signal is no larger [bytes].
SMALL = 30_000


def test_the_desk_begins_with_what_is_mine_and_shows_the_rest_when_asked(officer, dispute, sessions):
    with sessions.begin() as session:
        wang = session.query(Person).filter_by(name="王警官").one().id
    late = dispute(opened_at=NOW - timedelta(days=2), to=Holder(person=wang))
    mine, other = dispute(to=Holder(person=wang)), dispute(to=Holder(body="court"))
    url = f"/desk?station={STATION}"
    assert listed(officer.get(url)) == [late, mine]
    assert sorted(listed(officer.get(f"{url}&all=1"))) == [late, mine, other]
    assert listed(officer.get(f"{url}&due=overdue")) == [late]
    assert listed(officer.get(f"{url}&due=waiting")) == []
    assert listed(officer.get(f"{url}&all=1&kind=family")) == []
    page = officer.get(f"{url}&lang=en").text
    assert re.search(r'data-due="overdue">1<', page)
    assert re.search(r'data-due="open">2<', page)
    assert "1 days late" in page or "day" in page


def test_what_is_offered_to_me_waits_for_me(officer, known, dispute, sessions):
    with sessions.begin() as session:
        li = session.query(Person).filter_by(name="李网格").one().id
    member = known("grid_member", "member", "李网格")
    number = dispute(to=Holder(body="desk"))
    assert (
        post(officer, number, "passed_on", to=f"person:{code_of(sessions, li)}", phrase="请接手办理").status_code == 303
    )
    reply = member.get(f"/desk?station={STATION}&due=waiting")
    assert listed(reply) == [number]
    assert re.search(r'data-due="waiting">1<', reply.text)
    assert set(forms(member, number)) >= {"taken", "refused", "note"}
    assert "taken" not in forms(officer, number)
    assert post(member, number, "taken").status_code == 303
    assert state(sessions, number) == ("in_hand", 3)


def code_of(sessions, person: int) -> str:
    with sessions() as session:
        return session.get_one(Person, person).code


def test_steps_are_taken_one_after_the_other_and_told(officer, dispute, sessions):
    number = dispute(to=Holder(body="desk"))
    reply = post(officer, number, "accepted")
    assert (reply.status_code, reply.headers["location"]) == (303, f"/desk/{number}?station={STATION}&done=accepted")
    assert "Recorded: Accept." in officer.get(f"{reply.headers['location']}&lang=en").text
    assert post(officer, number, "begun").status_code == 303
    assert post(officer, number, "visited", note="双方在家").status_code == 303
    assert post(officer, number, "convened", bodies=["court"]).status_code == 303
    assert post(officer, number, "marked", marks=["threats", "worse"]).status_code == 303
    page = officer.get(f"/desk/{number}?station={STATION}&lang=zh").text
    assert "小法庭" in page
    assert "扬言威胁" in page
    assert post(officer, number, "settled", phrase="双方当面和解", note="楼上修好水管").status_code == 303
    early = officer.get(f"/desk/{number}?station={STATION}&lang=en").text
    assert "A visit now is written down; from 20" in early
    assert "no rating of satisfaction" in early
    assert post(officer, number, "followed_up", outcome="4").status_code == 303
    assert "closed" not in forms(officer, number), "a month too early"
    with sessions.begin() as session:
        month = "settled_at = settled_at - interval '30 days', opened_at = opened_at - interval '31 days'"
        session.execute(text(f"UPDATE dispute SET {month} WHERE id = :id"), {"id": number})
    assert "A visit now" not in officer.get(f"/desk/{number}?station={STATION}&lang=en").text
    assert post(officer, number, "followed_up", outcome="5").status_code == 303
    assert post(officer, number, "closed").status_code == 303
    assert post(officer, number, "reopened", phrase="矛盾再起").status_code == 303
    assert steps(sessions, number) == [
        "opened", "accepted", "begun", "visited", "convened", "marked", "settled", "followed_up", "followed_up", "closed",
        "reopened",
    ]  # fmt: skip
    with sessions() as session:
        note = session.query(DisputeEvent).filter_by(dispute_id=number, what="settled").one().note
    assert note == "双方当面和解；楼上修好水管"


def test_the_same_form_sent_twice_is_one_step(officer, dispute, sessions):
    number = dispute()
    sent = forms(officer, number)["begun"]
    replies = [post(officer, number, "begun", sent) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [303] * 3
    assert steps(sessions, number) == ["opened", "begun"]


def test_who_comes_second_is_told_what_happened_and_loses_no_word(officer, as_role, dispute, sessions):
    number = dispute()
    other = as_role("officer", login="zhao")
    sent = forms(officer, number)["escalated"]
    assert post(other, number, "begun").status_code == 303
    reply = post(officer, number, "escalated", sent, phrase="矛盾激化", note="两家又吵了", lang="en")
    assert reply.status_code == 412
    assert 'role="alert"' in reply.text
    assert "开始调处" in reply.text.partition('role="alert"')[2].partition("</ol>")[0]
    assert "两家又吵了</textarea>" in reply.text
    assert re.search(r'value="矛盾激化" checked', reply.text)
    assert steps(sessions, number) == ["opened", "begun"]
    again = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', opened_form(reply.text)))
    assert (again["step"], again["version"]) == ("escalated", "2")
    assert again["key"] != sent["key"]
    assert post(officer, number, "escalated", again, note="两家又吵了").status_code == 303


def opened_form(page: str) -> str:
    return re.search(r'<details class="act[^>]* open>.*?</details>', page, re.DOTALL).group(0)


def test_what_can_no_longer_be_done_keeps_its_words_as_a_note(officer, as_role, dispute):
    number = dispute()
    sent = forms(officer, number)["escalated"]
    other = as_role("officer", login="zhao")
    assert post(other, number, "withdrawn", phrase="重复登记").status_code == 303
    reply = post(officer, number, "escalated", sent, note="两家又吵了")
    assert reply.status_code == 412
    form = opened_form(reply.text)
    assert 'name="step" value="note"' in form
    assert "两家又吵了</textarea>" in form


def test_a_note_follows_whatever_others_did(officer, as_role, dispute, sessions):
    number = dispute()
    sent = forms(officer, number)["note"]
    assert post(as_role("officer", login="zhao"), number, "begun").status_code == 303
    assert post(officer, number, "note", sent, note="已联系物业").status_code == 303
    assert steps(sessions, number) == ["opened", "begun", "note"]


def test_what_a_step_lacks_is_asked_for_on_the_page(officer, dispute, sessions):
    number = dispute()
    for step, typed, word in (
        ("passed_on", {"phrase": "请接手办理"}, "交给谁"), ("passed_on", {"to": "person:none", "phrase": "好"}, "没有这个人"),
        ("passed_on", {"whom": "没有此人", "phrase": "好"}, "没有这个人"), ("escalated", {}, "一句说明"),
    ):  # fmt: skip
        reply = post(officer, number, step, **typed)
        assert reply.status_code == 422
        assert word in reply.text.partition('role="alert"')[2][:200]
    post(officer, number, "begun")
    reply = post(officer, number, "paused", phrase="等待当事人答复", until="2020-01-01")
    assert reply.status_code == 422
    assert "180 天" in reply.text
    assert post(officer, number, "settled", {**forms(officer, number)["note"], "step": "nonsense"}).status_code == 409
    assert state(sessions, number) == ("in_hand", 2)


def test_somebody_is_found_by_name_or_code(officer, dispute, sessions):
    first, second = dispute(), dispute()
    with sessions.begin() as session:  # somebody who would take it
        person = makers.make_person(session, "court-1", "mediator", station=STATION)
        session.add(Mediator(person_id=person.id, station=STATION, body="court"))
    assert post(officer, first, "passed_on", whom="王警官", phrase="请接手办理").status_code == 303
    assert post(officer, second, "passed_on", whom="COURT", phrase="请接手办理").status_code == 303
    with sessions() as session:
        assert session.get_one(Dispute, first).offered_id is not None
        assert session.get_one(Dispute, second).offered_body == "court"


def test_a_dispute_shows_what_it_is_and_masks_numbers(officer, dispute, sessions):
    earlier = dispute()
    number = dispute(words="请打 13800138000 <b>", marks=("threats",))
    page = officer.get(f"/desk/{number}?station={STATION}").text
    assert "***" in page
    assert "13800138000" not in page
    assert "&lt;b&gt;" in page
    assert f'href="/desk/{earlier}?station={STATION}"' in page
    assert "反复" in page
    assert f'href="/desk/{number}/papers?station={STATION}"' in page
    with sessions() as session:
        assert session.query(Audit).filter_by(thing=f"dispute {number}", by="li", action="look").count() == 1


def test_a_dispute_says_how_many_steps_it_has_taken(officer, dispute):
    number = dispute()
    assert officer.get(f"/desk/{number}/version?station={STATION}").json() == {"version": 1, "state": "open"}
    assert officer.get(f"/desk/{number + 1}/version?station={STATION}").status_code == 404


def test_each_role_sees_its_own(as_role, known, dispute, sessions):
    with sessions.begin() as session:
        far = makers.make_door(session, 1.5, 0.25).id
        mediator = makers.make_person(session, "孙调解", "mediator").id
    near, away = dispute(), dispute(address_id=far)
    theirs = dispute(address_id=far, to=Holder(person=mediator))
    member = known("grid_member", "member", "李网格")
    helper = known("mediator", "helper", "孙调解")
    boss = as_role("commander", login="boss")
    for client, seen, hidden in (
        (member, {near}, {away, theirs}), (helper, {theirs}, {near, away}), (boss, {near, away, theirs}, set()),
    ):  # fmt: skip
        assert set(listed(client.get(f"/desk/list?station={STATION}"))) == seen
        assert set(listed(client.get(f"/desk?station={STATION}&all=1"))) == seen
        assert all(client.get(f"/desk/{one}?station={STATION}").status_code == 200 for one in seen)
        assert all(client.get(f"/desk/{one}?station={STATION}").status_code == 404 for one in hidden)
    for role in ("auditor", "planner"):
        assert as_role(role, login=role).get(f"/desk?station={STATION}").status_code == 403


def test_the_list_counts_turns_pages_and_gives_out_files(officer, dispute):
    numbers = [dispute(kind="debt", opened_at=NOW - timedelta(minutes=n)) for n in range(33)]
    family = dispute(kind="family")
    url = f"/desk/list?station={STATION}&kind=debt&lang=en"
    reply = officer.get(url)
    assert "33 found" in reply.text
    assert len(listed(reply)) == 30
    following = unescape(re.search(r'href="([^"]+)" rel="next"', reply.text).group(1))
    last = officer.get(following)
    assert "33 found" in last.text
    assert sorted([*listed(reply), *listed(last)]) == sorted(numbers)
    assert listed(officer.get(f"/desk/list?station={STATION}&kind=family")) == [family]
    for kind, start in (("csv", b""), ("xlsx", b"PK"), ("gpkg", b"SQLite")):
        file = officer.get(f"/desk/export?station={STATION}&kind=debt&format={kind}")
        assert file.status_code == 200
        assert file.content.startswith(start)
        assert kind in file.headers["content-disposition"]
    assert officer.get(f"/desk/export?station={STATION}&kind=family&format=csv").text.count("M-") == 1
    assert officer.get(f"/desk/export?station={STATION}&format=exe").status_code == 422


def test_the_list_comes_before_its_long_choices(officer, dispute):
    dispute(to=Holder(body="desk"))
    address = f"/desk/list?station={STATION}&lang=en"
    short, whole = officer.get(address).text, officer.get(f"{address}&choices=1").text
    assert 'value="body:court"' not in short
    assert 'value="body:court"' in whole
    assert 'href="/desk/list?station=' in short.partition('id="all-choices"')[2][:60], (
        "without a script a link leads there"
    )
    chosen = officer.get(f"{address}&holder=body:court").text
    assert re.search(r'value="body:court" selected>Small court<', chosen)
    assert "Held by Small court" in chosen
    assert chosen.count("body:") < whole.count("body:")


def test_news_tells_what_others_did(officer, as_role, dispute):
    number = dispute(to=Holder(body="desk"))
    page = officer.get(f"/desk?station={STATION}").text
    newest = re.search(r'"newest":(\d+)', page).group(1)
    url = f"/desk/news?station={STATION}&since={newest}"
    assert officer.get(url).json()["fresh"] == 0
    assert post(as_role("officer", login="zhao"), number, "note", note="看一下").status_code == 303
    news = officer.get(url).json()
    assert (news["fresh"], news["dues"]["open"]) == (1, 1)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_small_and_every_word_is_there(officer, dispute, language):
    numbers = [dispute(words="楼上漏水，多次交涉没有结果，双方情绪激动。" * 8) for _ in range(25)]
    post(officer, numbers[0], "begun")
    for n in range(35):
        post(officer, numbers[0], "note", note=f"第 {n} 次联系")
    for url in ("/desk", "/desk/list", f"/desk/{numbers[0]}", f"/desk/{numbers[1]}", "/desk/new"):
        reply = officer.get(f"{url}?station={STATION}&all=1&lang={language}")
        assert reply.status_code == 200
        assert len(reply.content) <= (SMALL if url != "/desk/list" else 2 * SMALL), url
        assert not re.search(r">\s*desk_[a-z_]+\s*<", reply.text)


def test_what_nobody_can_act_on_is_told_to_the_station_s_officers(officer, known, dispute):
    url = f"/desk?station={STATION}&lang=en"
    assert "nobody who can act" not in officer.get(url).text
    number = dispute(to=Holder(body="court"))
    assert "nobody who can act" not in officer.get(url).text, "it is looked up once a minute"
    officer.app.state.figure_shelf = None  # a minute later
    page = officer.get(url).text
    assert "Open with nobody who can act: 1." in page
    assert re.search(rf'href="/desk/{number}\?station={STATION}">M-\d+</a> nobody is in its body', page)
    assert "nobody who can act" not in known("grid_member", "member", "李网格").get(url).text


def test_a_body_that_is_asked_answers_on_the_dispute_s_page(officer, dispute, sessions):
    number = dispute()
    post(officer, number, "begun")
    wrong = post(officer, number, "convened", bodies=["police"])
    assert wrong.status_code == 422
    assert "本所没有名为 police 的在用单位" in wrong.text
    post(officer, number, "convened", bodies=["court"])
    url = f"/desk/{number}?station={STATION}"
    sent = [
        dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        for form in re.findall(
            r'<form method="post" action="/desk/\d+/answer".*?</form>', officer.get(url).text, re.DOTALL
        )
    ]
    assert [one["answer"] for one in sent] == ["joined", "declined", "declined"]
    refused = officer.post(f"/desk/{number}/answer", data=sent[1])
    assert (refused.status_code, "一句说明" in refused.text) == (422, True)
    done = officer.post(f"/desk/{number}/answer", data=sent[1] | {"note": "<b>近期无法派人"}, follow_redirects=False)
    assert done.status_code == 303
    page = officer.get(url).text
    assert "小法庭不参加联合调解：&lt;b&gt;近期无法派人" in page
    assert f'action="/desk/{number}/answer"' not in page
    assert steps(sessions, number)[-2:] == ["convened", "note"]
