"""The headers of every reply."""

from __future__ import annotations

import pytest

from gridmap.http.security import BadBasemap, content_security_policy

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/health/live", "/api/v1/session", "/nowhere", "/api/v1/openapi.json"])
def test_every_reply_carries_them_errors_too(client, path):
    headers = client.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"  # "no-referrer" makes browsers send our own forms with no origin
    assert "geolocation=()" in headers["permissions-policy"]
    assert "server" not in headers


def test_a_base_map_adds_its_host_and_nothing_else():
    policy = content_security_policy("https://{s}.tiles.example.cn:8443/{z}/{x}/{y}.png?key=1")
    assert policy == POLICY.replace("data:;", "data: https://*.tiles.example.cn:8443;")


@pytest.mark.parametrize("url", [
    "javascript:alert(1)", "tiles/{z}", "https://", "https://a b/{z}", "https://a;script-src *;/", "https://a,b/", "data:x",
])  # fmt: skip
def test_an_address_that_would_change_the_policy_is_refused(url):
    with pytest.raises(BadBasemap):
        content_security_policy(url)
