"""The plate's address in the whole service: what the database holds is what a resident reads."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.store.tables import Address, Person
from tests.scanned import wait_for


@pytest.fixture
def told(client, app, held):
    """Return what S001 holds, once the snapshot holds it too; the service is running."""
    for code in (held.plate, held.replaced, held.outside):
        wait_for(app, code)
    return held


def test_it_names_officer_and_grid_member_and_how_to_call_them(client, told):
    page = client.get(f"/p/{told.plate}").text
    for word in ("王警官", "李网格", "警务室", "A格", "A1格", "均为虚构"):
        assert word in page
    assert page.index('href="tel:110"') < page.index('href="tel:119"') < page.index('href="tel:120"')


def test_a_scan_makes_no_query_and_no_log_line(client, told, queries, capfd):
    client.get(f"/p/{told.plate}")
    queries.clear()
    capfd.readouterr()
    for path in (f"/p/{told.plate}", f"/P/{told.plate}?lang=en", f"/api/v1/plates/{told.plate}"):
        assert client.get(path).status_code == 200
    assert queries == []
    assert told.plate not in "".join(capfd.readouterr())


def test_a_replaced_plate_leads_to_the_new_one_and_names_nobody(client, told):
    page = client.get(f"/p/{told.replaced}").text
    assert "这块门牌已更换" in page
    assert f'href="/p/{told.plate}"' in page
    assert "王警官" not in page


def test_a_door_in_no_beat_is_sent_to_the_duty_desk(client, told):
    page = client.get(f"/p/{told.outside}").text
    assert "没有民警在岗" in page
    assert 'href="tel:0000110"' in page


def test_it_tells_nothing_of_the_people_behind_the_door(client, told, sessions):
    pages = [client.get(path).text for path in (f"/p/{told.plate}", f"/api/v1/plates/{told.plate}")]
    with sessions() as session:
        full = session.query(Address).filter_by(code="D0.3").one().full
    for page in pages:
        assert full not in page
        assert "households" not in page.lower()
        assert "quarrel" not in page


def test_a_name_that_is_no_longer_published_is_gone_from_the_page(client, app, told, sessions):
    with sessions.begin() as session:
        session.execute(text("UPDATE station SET published = '{}'"))
    wait_for(app, told.plate, lambda found: all(not one.name for one in found.part.people if one.role == "officer"))
    page = client.get(f"/p/{told.plate}").text
    assert "王警官" not in page
    assert "社区民警" in page


def test_a_service_number_is_called_instead_of_the_desk(client, app, told, sessions):
    with sessions.begin() as session:
        session.query(Person).filter_by(name="王警官").one().service_phone = "000-7777"
    wait_for(app, told.plate, lambda found: any(one.phone == "000-7777" for one in found.part.people))
    assert 'href="tel:0007777"' in client.get(f"/p/{told.plate}").text


@pytest.mark.parametrize("role", ["auditor", "mediator"])
def test_staff_who_may_not_read_doors_see_what_everybody_sees(told, as_role, client, role):
    page = as_role(role).get(f"/p/{told.plate}")
    assert (page.status_code, page.text) == (200, client.get(f"/p/{told.plate}").text)
    assert "default-src 'none'; style-src 'sha256-" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("typed", "address"), [(" ab-cd //evil ", "/p/abcdevil"), ("", "/p/-"), ("é\r\nX: 1", "/p/X1")]
)
def test_a_typed_code_is_led_to_its_page(client, typed, address):
    reply = client.get("/p", params={"code": typed})
    assert (reply.status_code, reply.headers["location"]) == (303, address)


def test_a_typed_code_keeps_the_language_of_its_page(client):
    for lang, kept in (("ar", "?lang=ar"), ("<b>", "")):
        assert client.get("/p", params={"code": "AB", "lang": lang}).headers["location"] == f"/p/AB{kept}"
