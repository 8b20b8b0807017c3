"""The slip with the code of a dispute: it leads whoever holds it to how their matter stands."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.domain.loop_rules import to_json
from gridmap.domain.loops import Rules
from gridmap.store.tables import Dispute
from gridmap.web import resident_shell
from gridmap.web.words import follow
from gridmap.web.words.report import WORDS
from tests import makers
from tests.disputes import add_kinds


@pytest.fixture
def dispute(sessions, held):
    """Return a dispute of S001."""
    with sessions.begin() as session:
        add_kinds(session)
        place = makers.wkb(makers.spot(0.5, 0.5))
        kept = Dispute(station="S001", number="D9", kind="neighbours", opened_at=datetime.now(UTC), geom=place)
        session.add(kept)
        session.flush()
        return kept.id


def test_the_code_on_the_slip_leads_to_the_matter_and_is_shown_once(as_role, client, dispute):
    officer = as_role(Role.OFFICER)
    slip = officer.post(f"/desk/{dispute}/receipt", data={"station": "S001"})
    assert slip.status_code == 200
    code = re.search(r'<p class="code">([0-9A-Z -]+)</p>', slip.text)[1]
    link = re.search(r"/r/([0-9A-Z]{12})</p>", slip.text)[1]
    assert re.sub("[ -]", "", code) == link
    assert re.search(r'<svg[^>]* viewBox="0 0 \d+ \d+"', slip.text), "the code takes the size of its box"
    followed = client.get(f"/r/{link}")
    assert followed.status_code == 200
    assert link not in officer.get(f"/desk/{dispute}?station=S001").text
    again = officer.post(f"/desk/{dispute}/receipt", data={"station": "S001"})
    assert again.status_code == 200
    assert client.get(f"/r/{link}").status_code == 404


@pytest.mark.parametrize(
    ("language", "tag", "slip", "title"),
    [
        ("ko", "ko", "이 코드로", "내 신고"),
        ("ar", "ar", "تابع", "بلاغي"),
        ("en", "en", "Follow your matter", "My report"),
        ("zh", "zh-CN", "请凭此码", "我的反映"),
    ],
)
def test_the_slip_and_the_page_it_leads_to_are_in_the_language_of_whoever_reads_them(
    as_role, client, sessions, dispute, language, tag, slip, title
):
    with sessions.begin() as session:
        rules = json.dumps(to_json(Rules(languages=("ko", "ar"))))
        session.execute(
            text("UPDATE loop SET rules = CAST(:rules AS jsonb), loaded_at = clock_timestamp()"), {"rules": rules}
        )
    officer = as_role(Role.OFFICER)
    assert f'<option value="{language}"' in officer.get(f"/desk/{dispute}?station=S001").text
    assert f'<option value="{language}"' in officer.get("/desk/new?station=S001").text
    paper = officer.post(f"/desk/{dispute}/receipt", data={"station": "S001", "language": language}).text
    first = paper.index("<p lang=")
    assert paper[first:].startswith(f'<p lang="{tag}"')
    assert slip in paper[first : first + 200]
    code, more = re.search(r"/r/([0-9A-Z]{12})(\?lang=\w+)?</p>", paper).groups()
    assert (more or "") == ("" if language == "zh" else f"?lang={language}")
    for page in (client.get(f"/r/{code}"), client.get(f"/r/{code}{more or ''}")):
        assert page.headers["Content-Language"] == tag
        assert f"<title>{title}</title>" in page.text or title in page.text.split("</h1>")[0]
    assert client.get(f"/r/{code}?lang=zh").headers["Content-Language"] == "zh-CN", "whoever asks for another gets it"


def test_every_language_of_the_residents_pages_can_be_followed_in():
    assert set(follow.SAID) | {"zh", "en"} == set(resident_shell.LANGUAGES)
    for said in follow.SAID.values():
        assert set(said) <= set(WORDS)
        assert all(
            re.findall(r"\{\w+\}", words) == re.findall(r"\{\w+\}", WORDS[key][1]) for key, words in said.items()
        )
