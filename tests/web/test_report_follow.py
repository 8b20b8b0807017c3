"""Following a report without script: each step, what can still be done, nothing of others, nothing unescaped."""

from __future__ import annotations

import re
from html import unescape

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.codes import new_plate_code, spaced
from tests.web.reporting import app, client, code_of, count, fields, jpeg, post, staff

__all__ = ["app", "client", "staff"]
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}</textarea><img src=x onerror=alert(2)>"


def test_from_the_form_to_the_end(client, held, staff, session: Session) -> None:
    form = client.get(f"/p/{held.plate}/report?kind=hazard")
    assert form.status_code == 200
    assert re.search(r'value="hazard" required checked', form.text)
    receipt = post(client, held.plate, page=form.text, phone="13800138000")
    assert receipt.status_code == 200
    code = code_of(receipt.text)
    page = client.get(f"/r/{code}").text
    assert "已收到，等待受理。" in page
    assert "由网格员负责" in page
    assert "楼道堆满杂物" in page
    assert "13800138000" not in page
    number = session.scalar(text("SELECT id FROM report"))
    staff(number, "accepted", "", "received")
    staff(number, "settled", "已请物业清理", "accepted")
    page = client.get(f"/r/{code.lower()}?lang=en").text
    assert "Settled." in page
    assert "已请物业清理" in page
    assert "· officer" in page
    assert "zhang" not in page
    hidden = fields(page)
    reply = client.post(f"/r/{code}", data={**hidden, "do": "rate", "rating": "2", "words": "还有"})
    assert (reply.status_code, reply.headers["location"]) == (303, f"/r/{code.replace('-', '')}?lang=en")
    reply = client.post(f"/r/{code}", data={**hidden, "do": "reopen", "words": "请再看看", "lang": "zh"})
    assert reply.status_code == 303
    assert "正在处理。" in client.get(reply.headers["location"]).text


def test_it_sets_no_cookie_and_asks_nobody_else(client, held) -> None:
    code = code_of(post(client, held.plate).text)
    for path in (f"/p/{held.plate}/report", "/r", f"/r/{code}"):
        reply = client.get(path)
        assert "set-cookie" not in reply.headers
        assert not re.search(r"<script|<link rel=.?stylesheet|<img|src=|url\(|https?://", reply.text)
        assert reply.headers["cache-control"] == "no-store"
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy


def test_hostile_text_stays_text_everywhere(client, held, session: Session) -> None:
    typed = {"words": HOSTILE, "name": HOSTILE[:90], "phone": HOSTILE[:90], "when": HOSTILE[:90]}
    pages = [post(client, held.plate, kind="", happened_at=HOSTILE, **typed).text]
    receipt = post(client, held.plate, **typed).text
    code = code_of(receipt)
    hidden = fields(client.get(f"/r/{code}").text)
    client.post(f"/r/{code}", data={**hidden, "do": "add", "words": HOSTILE})
    pages += [receipt, client.get(f"/r/{code}").text]
    pages.append(client.post(f"/r/{code}", data={**hidden, "do": HOSTILE, "words": HOSTILE, "phone": HOSTILE}).text)
    pages += [
        client.get("/r/" + HOSTILE.replace("/", "")).text,
        client.get(f"/p/{held.plate}/report", params={"kind": HOSTILE, "lang": HOSTILE}).text,
    ]
    for page in pages:
        assert "<script" not in page
        assert "<img" not in page
        assert "onerror=alert" not in re.sub(r"&lt;img src=x onerror=alert", "", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[2]
    assert "{{7*7}}" in unescape(pages[2])


def test_a_receipt_that_is_none_gets_help(client, held) -> None:
    for typed in ("-", "ABCD", "%00", "0" * 300, "%F0%9F%98%80", "<b>"):
        reply = client.get(f"/r/{typed}")
        assert (reply.status_code, "没有这个回执码" in reply.text) == (404, True), typed


def test_one_wrong_letter_of_a_receipt_is_offered_back(client, held) -> None:
    code = code_of(post(client, held.plate).text).replace("-", "")
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert spaced(code) in client.get(f"/r/{wrong}").text
    assert client.get(f"/r?code={spaced(code)}").headers["location"] == f"/r/{code}"


def test_guessing_receipts_ends_soon_and_a_right_one_still_opens(client, held) -> None:
    code = code_of(post(client, held.plate).text)
    seen = [client.get(f"/r/{new_plate_code()}").status_code for _ in range(25)]
    assert seen == [404] * 20 + [429] * 5
    assert client.get(f"/r/{code}").status_code == 200


def test_withdrawing_needs_the_tick_and_then_says_what_is_deleted(client, held, session: Session) -> None:
    code = code_of(post(client, held.plate, phone="0000-119", files={"photos": jpeg()}).text)
    hidden = fields(client.get(f"/r/{code}").text)
    reply = client.post(f"/r/{code}", data={**hidden, "do": "withdraw"})
    assert (reply.status_code, "请勾选确认" in reply.text) == (422, True)
    assert client.post(f"/r/{code}", data={**hidden, "do": "withdraw", "sure": "yes"}).status_code == 303
    page = client.get(f"/r/{code}").text
    assert "联系方式和照片已删除" in page
    assert (
        session.scalar(text("SELECT (SELECT count(*) FROM report_contact) + (SELECT count(*) FROM report_photo)")) == 0
    )
    reply = client.post(f"/r/{code}", data={**hidden, "do": "add", "words": "还有"})
    assert (reply.status_code, "现在不能这样做" in reply.text) == (409, True)


def test_what_is_asked_of_a_report_needs_its_form(client, held) -> None:
    code = code_of(post(client, held.plate).text)
    reply = client.post(f"/r/{code}", data={"do": "add", "words": "没有令牌"})
    assert reply.status_code == 422
    assert "没有令牌</textarea>" in reply.text
    assert client.post(f"/r/{code}", data={**fields(reply.text), "do": "add", "words": "有令牌"}).status_code == 303
    assert "有令牌" in client.get(f"/r/{code}").text


def test_a_call_back_is_asked_for(client, held) -> None:
    code = code_of(post(client, held.plate).text)
    hidden = fields(client.get(f"/r/{code}").text)
    reply = client.post(f"/r/{code}", data={**hidden, "do": "call_back", "when": "晚上"})
    assert (reply.status_code, 'value="晚上"' in reply.text) == (422, True)
    assert client.post(f"/r/{code}", data={**hidden, "do": "call_back", "phone": "0000-119"}).status_code == 303
    assert "我们会给您回电。" in client.get(f"/r/{code}").text


def test_program_sends_and_follows(client, held, session: Session) -> None:
    body = {"kind": "dispute", "words": "邻居占用车位", "send_key": "x" * 20, "contact": {"phone": "0000-119"}}
    first, second = (client.post(f"/api/v1/plates/{held.plate}/reports", json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["code"] == second.json()["code"]
    assert (first.json()["again"], second.json()["again"]) == (False, True)
    seen = client.get(f"/api/v1/reports/{first.json()['code']}").json()
    assert (seen["state"], seen["kind"], seen["can"]) == ("received", "dispute", ["add", "call_back", "withdraw"])
    assert "0000-119" not in str(seen)
    urgent = client.post(f"/api/v1/plates/{held.plate}/reports", json={**body, "send_key": "y" * 20, "words": "fire!"})
    assert (urgent.status_code, urgent.json()["type"]) == (409, "/problems/urgent-not-confirmed")
    assert client.post(f"/api/v1/plates/{held.plate}/reports", json={**body, "send_key": "short"}).status_code == 422
    assert client.get(f"/api/v1/reports/{new_plate_code()}").json()["type"] == "/problems/receipt-not-found"
    assert client.get("/api/v1/reports/ABC").json()["type"] == "/problems/receipt-code-not-valid"
    assert count(session) == 1
