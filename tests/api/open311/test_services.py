"""What may be filed: discovery, services, their questions; each reply by the standard's rules, in both forms alike."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from gridmap.domain.dispute_words import KINDS
from gridmap.domain.loop_rules import to_json
from gridmap.domain.loops import KindRule, Rules
from tests.api.open311 import rules
from tests.api.open311.conftest import BASE
from tests.served import FOREIGN, OWN

STATION = {"jurisdiction_id": OWN}


def both(served, path: str, **params):
    """Return the JSON of a path, after its XML was found to say the same."""
    spoken, written = served.get(f"{path}.json", **params), served.get(f"{path}.xml", **params)
    assert (spoken.status_code, written.status_code) == (200, 200), spoken.text
    assert spoken.headers["content-type"] == "application/json; charset=utf-8"
    assert rules.same(rules.read_xml(written), spoken.json())
    return spoken.json()


def test_discovery_leads_to_the_endpoint(served):
    found = both(served, "discovery")
    assert set(found) == {"changeset", "contact", "key_service", "endpoints"}
    (endpoint,) = found["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"] == "https://gridmap.test/open311/v2"
    assert (endpoint["type"], endpoint["formats"]) == ("production", ["text/xml", "application/json"])
    for moment in (found["changeset"], endpoint["changeset"]):
        assert rules.MOMENT.fullmatch(moment)
        assert datetime.fromisoformat(moment) <= datetime.now(UTC)
    assert served.client.get(endpoint["url"] + "/services.xml", params=STATION).status_code == 200


def test_services_are_the_kinds_of_dispute_hazards_and_tips(served):
    found = both(served, "services", **STATION)
    rules.check(found, rules.SERVICE)
    codes = [one["service_code"] for one in found]
    assert codes[:10] == list(KINDS)
    # A hazard and a tip need a category of their own to be kept under; other disputes serve where there is none.
    assert codes[10:] == ["hazard", "tip"]
    assert {one["type"] for one in found} == {"realtime"}
    assert {one["group"] for one in found} == {"纠纷", "隐患", "线索"}
    english = both(served, "services", **STATION, locale="en-GB")
    assert english[0]["service_name"] == "Neighbours"
    assert {one["group"] for one in english} == {"Disputes", "Hazards", "Tips"}


def test_a_service_with_metadata_tells_its_questions(served):
    found = both(served, "services/neighbours", **STATION)
    assert set(found) == {"service_code", "attributes"}
    assert found["service_code"] == "neighbours"
    plain = [{name: told for name, told in one.items() if name != "values"} for one in found["attributes"]]
    rules.check(plain, rules.ATTRIBUTE)
    assert {one["datatype"] for one in plain} <= rules.DATATYPES
    assert [one["order"] for one in plain] == list(range(1, len(plain) + 1))
    info, threats = found["attributes"]
    assert (info["variable"], threats["code"], threats["variable"]) == (False, "threats", True)
    assert [one["key"] for one in threats["values"]] == ["no", "yes"]
    assert [one["code"] for one in both(served, "services/tip", **STATION)["attributes"]] == ["info"]


def test_a_loop_adds_its_kinds_and_asks_for_the_language_where_it_mediates_in_several(served):
    own = Rules(kinds=(KindRule("fishing", trades=("water",)),), languages=("zh", "ar"))
    served.sql_do(
        "INSERT INTO incident_category (code, name_zh, name_en, is_dispute) VALUES ('fishing', '渔业纠纷', 'Fishing', true)"
    )
    served.sql_do(
        "UPDATE loop SET rules = CAST(:rules AS jsonb), loaded_at = clock_timestamp()", rules=orjson.dumps(to_json(own)).decode()
    )  # fmt: skip
    try:
        fishing = next(one for one in both(served, "services", **STATION) if one["service_code"] == "fishing")
        assert fishing["service_name"] == "渔业纠纷"
        assert "water" in fishing["keywords"]
        *_, language = both(served, "services/fishing", **STATION)["attributes"]
        assert (language["code"], [one["key"] for one in language["values"]]) == ("language", ["zh", "ar"])
        number = served.filed(service_code="fishing", description="用阿语", **{"attribute[language]": "ar"})
        assert (served.dispute(number).language, served.dispute(number).kind) == ("ar", "fishing")
    finally:
        served.sql_do("UPDATE loop SET rules = '{}', loaded_at = clock_timestamp()")


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_errors_are_told_as_the_standard_has_them(served, fmt):
    def refused(path: str, status: int, **params) -> str:
        return rules.check_errors(served.get(f"{path}.{fmt}", **params), status)

    assert "jurisdiction_id" in refused("services", 400)
    assert "jurisdiction_id" in refused("services", 404, jurisdiction_id="S999")
    assert "jurisdiction_id" in refused("services", 404, jurisdiction_id="S9\0")
    assert "jurisdiction_id" in refused("services/neighbours", 400)
    assert "api_key" in refused("services", 403, api_key="no key")
    assert "another" in refused("services", 403, jurisdiction_id=FOREIGN, api_key=served.key)
    assert "no service" in refused("services/flying", 404, **STATION)
    refused("services", 400, jurisdiction_id="S" * 65)


def test_a_key_alone_names_its_station(served):
    assert served.get("services.json", api_key=served.key).json() == served.get("services.json", **STATION).json()


def test_a_format_there_is_not_is_no_address(served):
    rules.check_errors(served.get("services.csv", **STATION), 404)


@pytest.mark.parametrize(
    "path", ["nothing", "requests/1/2", "services/", "nothing/at/all", "services/neighbours/definition"]
)
@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_what_is_not_there_is_told_in_the_form_that_was_asked_for(served, path, fmt):
    reply = served.get(f"{path}.{fmt}")
    assert f"nothing at this address: {BASE}" in rules.check_errors(reply, 404)
    assert fmt in reply.headers["content-type"]


@pytest.mark.parametrize("path", ["requests", "services", "services/neighbours", ""])
def test_a_resource_without_its_ending_is_told_as_accepted_and_else_in_xml(served, path):
    for accept, fmt in (("application/json", "json"), ("text/xml", "xml"), ("*/*", "xml")):
        reply = served.client.get(f"{BASE}/{path}".rstrip("/"), headers={"Accept": accept})
        assert "ends in .json or .xml" in rules.check_errors(reply, 404)
        assert fmt in reply.headers["content-type"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "requests", "GET, HEAD, POST"), ("DELETE", "requests", "GET, HEAD, POST"), ("POST", "services", "GET, HEAD"),
        ("PATCH", "requests/0123456789AB", "GET, HEAD"), ("POST", "discovery", "GET, HEAD"),
        ("OPTIONS", "tokens/0123456789AB", "GET, HEAD"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_another_method_is_told_which_ones_there_are(served, method, path, allow, fmt):
    reply = served.client.request(method, f"{BASE}/{path}.{fmt}")
    assert f"it takes {allow}" in rules.check_errors(reply, 405)
    assert reply.headers["allow"] == allow
    assert fmt in reply.headers["content-type"]


@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("discovery", 200),
        ("services", 200),
        ("services/neighbours", 200),
        ("services/none", 404),
        ("requests/000000000000", 404),
    ],
)
def test_a_head_is_answered_as_a_get_without_a_body(served, path, status, fmt):
    asked, whole = (served.client.request(method, f"{BASE}/{path}.{fmt}", params=STATION) for method in ("HEAD", "GET"))
    assert (asked.status_code, whole.status_code, asked.content) == (status, status, b"")
    own = {"x-request-id": "its own"}
    assert {**asked.headers, **own} == {**whole.headers, **own}
    assert int(whole.headers["content-length"]) == len(whole.content) > 0
