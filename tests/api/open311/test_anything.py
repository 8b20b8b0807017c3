"""Whatever is sent, the service answers: no 5xx, and every refusal is an error as the standard has it."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.open311 import rules
from tests.api.open311.conftest import INSIDE
from tests.api.test_fuzz import TEXT
from tests.served import OWN

FEW = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
FIELDS = (
    "service_code", "lat", "long", "address_string", "address_id", "description", "first_name", "last_name", "email", "phone",
    "device_id", "account_id", "media_url", "attribute[threats]", "attribute[]", "attribute", "jurisdiction_id",
)  # fmt: skip
ASKED = (
    "jurisdiction_id", "service_request_id", "service_code", "start_date", "end_date", "status", "page", "page_size", "locale",
)  # fmt: skip
PATHS = ("services", "services/{}", "requests", "requests/{}", "tokens/{}", "discovery")


def check(reply, *wanted: int) -> None:
    assert reply.status_code < 500, reply.text
    if reply.status_code not in wanted:
        rules.check_errors(reply, reply.status_code)


def test_no_field_of_a_form_breaks_the_service(served):
    @FEW
    @given(st.dictionaries(st.sampled_from(FIELDS), TEXT, max_size=5), st.sampled_from(["json", "xml"]), st.booleans())
    def fuzz(fields, fmt, known):
        good = {"jurisdiction_id": OWN, "api_key": served.key, "service_code": "debt", **INSIDE} if known else {}
        data = {name: value.encode("utf-8", "replace") for name, value in {**good, **fields}.items()}
        check(served.client.post(f"/open311/v2/requests.{fmt}", data=data), 201)

    fuzz()


def test_no_parameter_breaks_the_service(served):
    @FEW
    @given(
        st.sampled_from(PATHS), TEXT, st.dictionaries(st.sampled_from(ASKED), TEXT, max_size=4), st.sampled_from(["json", "xml", "x"]),
        st.sampled_from(["", served.key, "wrong"]),
    )  # fmt: skip
    def fuzz(path, part, asked, fmt, key):
        whole = path.format(quote(part, safe="", errors="replace"))
        params = {name: value.encode("utf-8", "replace") for name, value in asked.items()}
        reply = served.client.get(f"/open311/v2/{whole}.{fmt}", params=params | ({"api_key": key} if key else {}))
        if "problem" not in reply.headers["content-type"]:  # a path that is none of the endpoint's
            check(reply, 200)

    fuzz()
