"""The fast path: right codes always, wrong ones politely and not for ever, staff passed on, nobody written down."""

from __future__ import annotations

import random
import time
from collections import Counter
from urllib.parse import quote

import pytest
from prometheus_client import generate_latest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from gridmap.domain.codes import number_code, spaced
from gridmap.http.limits import block_of
from gridmap.http.metrics import Metrics
from gridmap.http.scan import PlateDesk, ScanPath
from gridmap.web.resident_page import ResidentPages
from tests import made_scans as made


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Desk(PlateDesk):
    """A desk with a clock to turn."""

    def __init__(self) -> None:
        self.clock = Clock()
        super().__init__(
            made.MadeScans(), ResidentPages("110,119", secure=True), counts=Counter(), clock=self.clock, secure=True
        )
        self.turns.every = 0.0  # tests do not wait; what is waited is told in test_turns


@pytest.fixture
def desk() -> Desk:
    return Desk()


class Rest:
    """An application that answers "passed on" to everything, with a status to set."""

    status = 200

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await PlainTextResponse("passed on", self.status)(scope, receive, send)


@pytest.fixture
def rest() -> Rest:
    return Rest()


@pytest.fixture
def client(desk, rest):
    """Return a client of the fast path before `rest`."""
    return TestClient(ScanPath(rest, desk=desk), base_url="https://gridmap.test", follow_redirects=False)


@pytest.mark.parametrize(
    "path",
    [
        f"/p/{made.CODE}", f"/P/{made.CODE}", f"/p/{made.CODE.lower()}", f"/p/{spaced(made.CODE)}", f"/p/{made.CODE}/",
        f"/p/{quote(' '.join(made.CODE))}", f"/P/{quote(made.CODE[0])}%{ord(made.CODE[1]):X}{made.CODE[2:]}",
        f"/p/{made.CODE}?lang=en", f"/p/{made.CODE}?lang=xx&from=qr&lang=en",
    ],
)  # fmt: skip
def test_a_code_is_read_as_people_type_it(client, path):
    reply = client.get(path)
    assert (reply.status_code, "041287" in reply.text) == (200, True)
    assert reply.headers["content-language"] == ("en" if "lang=en" in path else "zh-CN")


def test_o_is_read_as_zero_and_i_and_l_as_one(client, desk):
    code = next(code for code in map(number_code, range(1, 500)) if code.count("0") > 6 and "1" in code)
    desk.scans.plates[code] = made.found(code)
    for one in "IL":
        assert client.get(f"/p/{code.replace('0', 'O').replace('1', one)}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/p",
        "/p/",
        f"/p/{made.CODE}/report",
        "/api/v1/plates",
        "/api/v1/stations",
        "/plates/x",
        "/p/x/report",
        "/p/x/report/",
        "/api/v1/plates/x/reports",
    ],
)
def test_everything_else_is_passed_on(client, path):
    assert client.get(path).text == "passed on"
    assert client.post(f"/p/{made.CODE}").text == "passed on"


@pytest.mark.parametrize("end", ["x/y", "x%2Fy", "//", "/report", "x//report", "x/report/y", "x/reporter", "%00/report", f"{'x' * 41}/report", "x/", "%0a"])  # fmt: skip
@pytest.mark.parametrize(("start", "status"), [("/p/", 404), ("/P/", 404), ("/api/v1/plates/", 422)])
def test_what_is_below_plates_and_no_address_is_a_mistyped_code(client, desk, start, status, end):
    reply = client.get(start + end.replace("report", "reports" if "api" in start else "report"))
    assert (reply.status_code, "passed on" in reply.text) == (status, False)
    assert desk.counts == {"mistyped": 1}


@pytest.mark.parametrize("cookie", ["__Host-gridmap", "gridmap"])
def test_staff_are_passed_on_and_see_what_everybody_sees_while_the_database_is_away(client, rest, cookie):
    headers = {"Cookie": f"lang=zh; {cookie}=x"}
    for path in (f"/p/{made.CODE}", f"/api/v1/plates/{made.CODE}"):
        rest.status = 200
        assert client.get(path, headers=headers).text == "passed on"
        rest.status = 503
        reply = client.get(path, headers=headers)
        assert (reply.status_code, "041287" in reply.text, "passed on" in reply.text) == (200, True, False)


@pytest.mark.parametrize("cookie", ["lang=zh", "not-gridmap=1; gridmapper=2", "a=gridmap"])
def test_other_cookies_are_nobodys_log_in(client, cookie):
    assert "041287" in client.get(f"/p/{made.CODE}", headers={"Cookie": cookie}).text


def test_a_head_request_has_the_same_headers_and_no_body(client):
    got, head = client.get(f"/p/{made.CODE}"), client.head(f"/p/{made.CODE}")
    assert head.headers == got.headers
    assert int(head.headers["content-length"]) == len(got.content)
    assert head.content == b""


def test_every_reply_carries_the_headers_that_keep_a_browser_in_the_house(client):
    for path in (f"/p/{made.CODE}", f"/p/{made.NONE}", "/p/x", f"/api/v1/plates/{made.CODE}", "/api/v1/plates/x"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["strict-transport-security"]
        assert "set-cookie" not in headers


@pytest.mark.parametrize(("left", "kept"), [(3600, 30), (30, 30), (12.9, 12), (0.5, 0), (-5, 0)])
def test_an_answer_is_kept_for_seconds_and_never_past_its_end(client, desk, left, kept):
    desk.scans.plates[made.CODE] = made.found()._replace(at=made.UNTIL.timestamp() - left)
    for path in (f"/p/{made.CODE}", f"/api/v1/plates/{made.CODE}"):
        assert client.get(path).headers["cache-control"] == f"private, max-age={kept}"


def test_what_has_not_changed_is_not_sent_again(client, desk):
    tag = client.get(f"/p/{made.CODE}").headers["etag"]
    assert tag.startswith('W/"')
    again = client.get(f"/p/{made.CODE}", headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(f"/p/{made.CODE}?lang=en", headers={"If-None-Match": tag}).status_code == 200
    desk.scans.plates[made.CODE] = made.replaced()
    assert client.get(f"/p/{made.CODE}", headers={"If-None-Match": tag}).status_code == 200


def test_one_wrong_symbol_is_offered_back(client):
    wrong = made.CODE[:-1] + ("A" if made.CODE[-1] != "A" else "B")
    reply = client.get(f"/p/{wrong}")
    assert (reply.status_code, reply.headers["cache-control"]) == (404, "no-store")
    assert f'href="/p/{made.CODE}"' in reply.text
    problem = client.get(f"/api/v1/plates/{wrong}")
    assert (problem.status_code, problem.json()["suggestion"]) == (422, made.CODE)


def test_the_api_tells_the_same_and_its_problems_have_the_usual_form(client):
    answer = client.get(f"/api/v1/plates/{spaced(made.CODE)}").json()
    assert (answer["plate"], answer["people"][0]["badge"], answer["valid_until"]) == (
        made.CODE, "041287", "2026-11-22T10:00:00Z",
    )  # fmt: skip
    for code, status, slug in ((made.NONE, 404, "plate-not-found"), ("x", 422, "plate-code-not-valid")):
        reply = client.get(f"/api/v1/plates/{code}")
        assert reply.headers["content-type"] == "application/problem+json"
        problem = reply.json()
        assert (reply.status_code, problem["status"], problem["type"]) == (status, status, f"/problems/{slug}")
        assert problem["instance"] == f"/api/v1/plates/{code}"


def test_unknown_codes_are_limited_by_block_and_right_ones_never(client, desk):
    path, right = f"/p/{made.NONE}", f"/p/{made.CODE}"
    assert [client.get(path).status_code for _ in range(22)] == [404] * 20 + [429] * 2
    told = client.get(path)
    assert 1 <= int(told.headers["retry-after"]) <= 4
    assert "tel:110" in told.text
    assert "tel:12345" in told.text
    assert client.get(f"/api/v1/plates/{made.NONE}").status_code == 429
    assert client.get(right).status_code == client.get(f"/api/v1/plates/{made.CODE}").status_code == 200
    desk.clock.now += 3
    assert [client.get(path).status_code for _ in range(2)] == [404, 429]


def test_after_guessing_right_codes_wait_their_turn_and_are_answered(client, desk):
    for _ in range(22):
        client.get(f"/p/{made.NONE}")
    desk.turns.every = 0.05
    began = time.perf_counter()
    assert [client.get(f"/p/{made.CODE}").status_code for _ in range(3)] == [200] * 3
    assert time.perf_counter() - began > 0.05 + 0.1
    desk.turns.longest = 0.0
    reply = client.get(f"/p/{made.CODE}")
    assert (reply.status_code, "retry-after" in reply.headers, "tel:110" in reply.text) == (429, True, True)
    assert client.get(f"/api/v1/plates/{made.CODE}").status_code == 429


def test_what_is_refused_says_nothing_about_the_code(client):
    for _ in range(21):
        client.get(f"/p/{made.NONE}")
    bodies = {client.get(f"/p/{number_code(number)}").text.replace(number_code(number), "") for number in range(5)}
    assert len(bodies) == 1


def test_neighbours_share_their_tries_and_strangers_do_not(desk):
    replies = [desk.page(made.NONE, f"192.0.2.{number}").status for number in range(21)]
    assert replies == [404] * 20 + [429]
    assert desk.page(made.NONE, "192.0.3.1").status == 404
    replies = [desk.page(made.NONE, f"2001:db8::{number:x}:1").status for number in range(21)]
    assert replies == [404] * 20 + [429]
    assert desk.page(made.NONE, "2001:db8:0:100::1").status == 404


def test_people_who_mistype_have_tries_enough_for_a_house(client):
    assert {client.get("/p/ABCD").status_code for _ in range(200)} == {404}
    assert client.get(f"/p/{made.NONE}").status_code == 404


def test_without_a_snapshot_the_page_says_whom_to_call(client, desk):
    desk.scans.missing = True
    reply = client.get(f"/p/{made.CODE}?lang=en")
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
    assert "tel:110" in reply.text
    assert "tel:12345" in reply.text
    assert client.get(f"/api/v1/plates/{made.CODE}").json()["type"] == "/problems/snapshot-missing"


def test_outcomes_are_counted_and_shown_and_nothing_else_is(client, desk, caplog, capfd):
    metrics = Metrics()
    desk.counts = metrics.scans
    for path in (made.CODE, made.NONE, "x"):
        client.get(f"/p/{path}")
    tag = client.get(f"/p/{made.CODE}").headers["etag"]
    client.get(f"/p/{made.CODE}", headers={"If-None-Match": tag})
    told = generate_latest(metrics.registry).decode()
    for outcome, count in (("answered", 2), ("unknown", 1), ("mistyped", 1), ("unchanged", 1)):
        assert f'gridmap_scans_total{{outcome="{outcome}"}} {count}.0' in told
    assert made.CODE not in told + caplog.text + "".join(capfd.readouterr())


def hostile() -> list[str]:
    """Return a thousand codes that are none: forged, mistyped, cut off, too long, and meant to hurt."""
    dice = random.Random(7)
    bad = ["<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>", "{{7*7}}", "%(code)b", "..%2f..%2fetc%2fpasswd",
           "\x00" * 12, "\ue000code\ue001", "';DROP TABLE plate;--", "０" * 12, "\u202e" + made.CODE[::-1], "A" * 8000,
           "-" * 5000 + made.CODE, "__import__('os')", "\r\nSet-Cookie: a=b", "é" * 12, "1_0_0_0_0_0_", "+" + made.CODE[1:]]  # fmt: skip
    found = [number_code(dice.getrandbits(50)) for _ in range(300)]  # forged: checks right, nobody's
    for _ in range(300):  # mistyped: two symbols changed
        code = list(made.CODE)
        for place in dice.sample(range(12), 2):
            code[place] = dice.choice([one for one in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if one != code[place]])
        found.append("".join(code))
    found += [made.CODE[: dice.randrange(1, 12)] + "-" * dice.randrange(3) for _ in range(200)]
    found += [dice.choice(bad)[: dice.randrange(4, 9000)] + str(number) for number in range(1000 - len(found))]
    return found


def test_of_a_thousand_hostile_codes_none_resolves_none_is_reflected_and_none_is_slow(client, desk):
    took = []
    for code in hostile():
        for path in ("/p/", "/api/v1/plates/"):
            began = time.process_time()
            reply = client.get(path + quote(code, safe=""))
            took.append(time.process_time() - began)
            assert reply.status_code in {404, 422, 429} or reply.text == "passed on", code
            assert "<script" not in reply.text
            assert "<img" not in reply.text
            assert "set-cookie" not in reply.headers
            assert len(reply.content) < 14_000
    assert desk.counts["answered"] == 0
    assert sorted(took)[-10] < 0.05  # seconds, with the client's own part


@pytest.mark.parametrize(
    ("address", "block"),
    [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2ff::9", "2001:db8:1:200::/56"), ("::ffff:192.0.2.1", "192.0.2.0/24"),
     ("fe80::1%eth0", "fe80::/56"), ("testclient", "testclient"), ("", "")],
)  # fmt: skip
def test_a_block_is_what_a_neighbourhood_shares(address, block):
    assert block_of(address) == block
