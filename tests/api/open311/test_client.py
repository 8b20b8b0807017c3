"""A client of others (georeport, from the package registry) reads what was filed, in both forms, over a real socket."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.ogc.clients import locked_python
from tests.api.open311.conftest import BASE, Served
from tests.served import OWN
from tests.serving import serving_app

pytestmark = pytest.mark.ogc
READ = """
import json, sys
from georeport import GeoReport
url, station, number, form = sys.argv[1:]
client = GeoReport(url, jurisdiction=station, output_format=form)
print(json.dumps({
    "services": client.get_service_list(), "definition": client.get_service_definition("neighbours"),
    "request": client.get_service_request(number),
}))
"""


@pytest.fixture(scope="module")
def address(served: Served) -> Iterator[str]:
    """Return the base URL of the service on a free port."""
    with serving_app(served.client.app, lifespan="off") as origin:
        yield f"{origin}{BASE}"


def test_georeport_reads_services_questions_and_a_request_in_both_forms(served, address):
    number = served.filed(description="别人的程序")
    python = locked_python(Path(__file__).parent / "client.txt", "georeport")

    def read(form: str):
        told = subprocess.run(
            [str(python), "-c", READ, address, OWN, number, form],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert told.returncode == 0, told.stderr
        return json.loads(told.stdout)

    spoken, written = read("json"), read("xml")
    assert spoken["request"]["service_request_id"] == number
    assert (spoken["request"]["status"], spoken["request"]["description"]) == ("open", None)
    assert written["request"] == spoken["request"]
    assert [one["service_code"] for one in written["services"]] == [one["service_code"] for one in spoken["services"]]
    assert {one["metadata"] for one in written["services"]} == {"true"}
    questions = written["definition"]["attributes"]["attribute"]
    assert (
        [one["code"] for one in questions]
        == [one["code"] for one in spoken["definition"]["attributes"]]
        == ["info", "threats"]
    )
