"""The resident's page: right, small, without script, drawn once for many doors, and silent about everything else."""

from __future__ import annotations

import itertools
import re
import string
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.codes import number_code, spaced
from gridmap.domain.plates import PLATE_STATES, Answerer, Notice, ZoneName
from gridmap.web import resident_shell as shell
from gridmap.web.resident_page import ResidentPages
from gridmap.web.words import WORDS
from tests import made_scans as made

#: The moment of the made-up answers; half a year after it pages tell its year, too.
AS_OF = shell.when(made.NOW.astimezone(ZoneInfo("Asia/Shanghai")), "zh")
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}%(code)b\ue000code\ue001"


@pytest.fixture
def pages() -> ResidentPages:
    return ResidentPages("110,119,120,122", secure=True)


class Reader(HTMLParser):
    """Reads a page as a screen reader would: what language each text stands in, what each link says."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        language = found.get("lang") or (self.open[-1][1] if self.open else "")
        if tag not in {"meta", "link", "br", "wbr", "img", "input"}:
            self.open.append((tag, language))
        if tag == "a":
            self.links.append(found["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, text: str) -> None:
        if text.strip() and self.open[-1][0] != "style":
            self.texts.append((self.open[-1][1], text.strip()))


def read(page: str) -> Reader:
    """Return a page read; every element of it is closed where it should be."""
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def shown(pages: ResidentPages, found: object, wish: str | None = None) -> str:
    """Return a page's text."""
    return pages.answer(found, wish).body.decode()  # type: ignore[arg-type]


def test_it_says_in_order_what_a_resident_needs(pages):
    page = shown(pages, made.found())
    wanted = [
        "演示数据", "English", 'href="tel:110"', 'href="tel:119"', 'href="tel:120"', 'href="tel:122"', "成功派出所",
        "请与门牌核对", "三仙里社区", "人民东路", "…12号", "3G92-<wbr>30VQ-<wbr>VSH3", "不收钱", "王建国", "正在值班", "警号 041287",
        "三仙里社区警务室", 'href="tel:00066123461"', "李秀英", 'href="tel:00066123470"', "锦绣物业", "11月22日 18:00", "警号 041290",
        "近期有人冒充燃气检查员", "周六办理居住证", "预约走访", "反映纠纷", "报告隐患", 'href="/r"', "派出所值班室",
        'href="tel:00066123456"', "三仙里警格", "三仙里第十网格", "第 3 版，2026-11-22 发布", f"截至 {AS_OF}", "门牌有误或损坏",
    ]  # fmt: skip
    at = -1
    for word in wanted:
        at = page.find(word, at + 1)
        assert at >= 0, word


def test_it_is_one_small_reply_without_script(pages):
    for language in made.ALL:
        body = pages.answer(made.found(made=made.part(station=made.station(languages=made.ALL))), language).body
        assert len(body) < 14_000, language
        assert not re.search(rb"<script|<link rel=.?stylesheet|<img|src=|url\(|@import|https?://|\son\w+=", body)


def test_its_policy_allows_its_one_style_and_nothing_else(pages):
    headers = dict(pages.answer(made.found()).headers)
    policy = headers[b"content-security-policy"].decode()
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert headers[b"strict-transport-security"]
    assert b"strict-transport-security" not in dict(ResidentPages("110", secure=False).answer(made.found()).headers)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("moved", "移位"),
        ("damaged", "损坏，将予更换"),
        ("lost", "遗失"),
        ("installed", ""),
        ("issued", ""),
        ("printed", ""),
    ],
)
def test_the_state_of_a_living_plate_is_told_above_the_people(pages, status, word):
    page = shown(pages, made.found(status=status))
    assert page.find(word) < page.find("王建国")
    assert (page.count('class="warn"') == 1) == bool(word)


def test_a_replaced_plate_leads_to_the_new_one_and_names_nobody(pages):
    page = shown(pages, made.replaced(), "en")
    assert f'href="/p/{made.NEW}?lang=en"' in page
    assert "has been replaced" in page
    assert "Wang" not in page
    assert f'href="tel:{shell.dial(made.DESK.phone)}"' in page
    assert "report?kind" not in page


def test_a_retired_plate_says_so_and_shows_the_desk(pages):
    page = shown(pages, made.found(status="retired"))
    assert "已停用" in page
    assert "王建国" not in page
    assert 'href="tel:00066123456"' in page


def test_an_old_answer_says_of_when_it_is_before_it_says_anything_else(pages):
    page = shown(pages, made.found(stale=True))
    assert 0 < page.find(f"以下内容截至 {AS_OF}") < page.find("王建国")
    assert "以下内容截至" not in shown(pages, made.found())


def test_where_nobody_is_on_duty_the_desk_stands_in_their_place_and_who_is_next_is_told(pages):
    page = shown(
        pages, made.found(made=made.part(people=(made.MEMBER, made.DESK), following=(made.OFFICER, made.DESK)))
    )
    assert (
        page.find("没有民警在岗")
        < page.find("昼夜有人接听")
        < page.find("李秀英")
        < page.find("此后")
        < page.find("王建国")
    )
    assert page.count("昼夜有人接听") == 1


def test_how_somebody_comes_to_answer_is_told_in_words(pages):
    for via, word in (("substitute", "代请假同事"), ("team", "同警格"), ("neighbour", "相邻警格")):
        people = (replace(made.OFFICER, via=via), made.DESK)
        assert word in shown(pages, made.found(made=made.part(people=people)))
    page = shown(pages, made.found(made=made.part(people=(replace(made.OFFICER, via="posting"), made.DESK))))
    assert 'class="via"' not in page


def test_a_person_without_a_name_or_a_number_is_reached_through_the_desk(pages):
    page = shown(pages, made.found(made=made.part(people=(made.STAND_IN, made.DESK), following=())))
    assert 'class="name"' not in page
    assert "由值班室转接" in page
    assert "警号 041290" in page
    assert "此后" not in page


def test_a_portrait_is_shown_where_there_is_one(pages):
    digest = "0a" * 32
    page = shown(pages, made.found(made=made.part(people=(replace(made.OFFICER, photo=digest), made.DESK))))
    assert f'<img src="/photos/{digest}.jpg" alt="" width="72" height="96">' in page


def test_one_drawn_page_is_filled_for_each_door(pages):
    shared = made.part()
    codes = [number_code(number) for number in range(200)]
    for number, code in enumerate(codes):
        page = shown(pages, made.found(code, shared, street=f"{number}路", tail=f"{number}号"))
        assert f"{number}路" in page
        assert f"…{number}号" in page
        assert page.count(f"/p/{code}/report") == 4
        assert "\ue000" not in page
    assert len(pages._drawn) == 1


def test_what_changes_is_another_entity_and_what_only_was_read_again_is_not(pages):
    before = pages.answer(made.found(made=made.part()))
    assert pages.answer(made.found(made=made.part())).etag == before.etag
    assert len(pages._drawn) == 1
    for change in (
        made.part(people=(made.MEMBER, made.DESK)), made.part(notices=()), made.part(following=()),
        made.part(station=made.station(name_zh="新名派出所")), made.part(station=made.station(desk_phone="000-1")),
    ):  # fmt: skip
        after = pages.answer(made.found(made=change))
        assert after.etag != before.etag
        assert after.body != before.body


def test_another_address_or_state_is_another_entity(pages):
    tags = [
        pages.answer(one).etag
        for one in (
            made.found(), made.found(tail="13号"), made.found(street="新路"), made.found(village=""), made.found(status="lost"),
            made.found(stale=True), made.replaced(), made.found(status="retired"),
        )
    ]  # fmt: skip
    assert len(set(tags)) == len(tags)


def test_whatever_the_database_holds_reaches_the_page_as_text(pages):
    people = tuple(
        replace(one, name=HOSTILE, name_en=HOSTILE, office=HOSTILE, badge=HOSTILE)
        for one in (made.OFFICER, made.MEMBER)
    )
    hostile = made.part(
        people=(*people, made.DESK), notices=(replace(made.WARNING, text_zh=HOSTILE, text_en=HOSTILE),),
        station=made.station(name_zh=HOSTILE, name_en=HOSTILE, languages=made.ALL), beat=replace(made.part().beat, name_zh=HOSTILE),
    )  # fmt: skip
    for language in made.ALL:
        page = shown(pages, made.found(made=hostile, street=HOSTILE, village=HOSTILE, tail=HOSTILE), language)
        assert "<script" not in page
        assert "{{7*7}}" in page
        assert "&lt;script&gt;" in page
        read(page)


def test_it_offers_the_stations_languages_and_no_others(pages):
    page = shown(pages, made.found(), "ko")
    assert '<html lang="ko" dir="ltr">' in page
    assert re.findall(r'hreflang="([\w-]+)"', page) == ["zh-CN", "en"]
    assert f"/p/{made.CODE}/report?kind=visit&amp;lang=ko" in page
    assert '<html lang="zh-CN"' in shown(pages, made.found(), "ru")
    assert '<html lang="zh-CN"' in shown(pages, made.found(), "<b>")


def test_arabic_is_written_from_the_right_and_its_figures_are_not(pages):
    page = shown(pages, made.found(made=made.part(station=made.station(languages=("ar",)))), "ar")
    assert '<html lang="ar" dir="rtl">' in page
    assert '<bdi dir="ltr">000-6612 3461</bdi>' in page
    assert "\u20662026-11-22 18:00\u2069" in page


#: Names with all that could break a page: signs of markup, of holes, of templates, of lines; half a sign; nothing at all.
texts = st.text(
    st.sampled_from("王é0a<>&\"'%{}\ue000\ue001\ue002\ue003\0 \n\r\x1c\x85\u2028\ud800"), max_size=5
) | st.sampled_from(["", "王建国", HOSTILE, "\ue0003\ue001", "\ue000", "\0"])
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis adds it
phones = st.sampled_from(["", made.DESK.phone, "000-6612 3461", "+86 (0371) 1<2", "٣12", "\ue000\0"])
roles = st.sampled_from(["officer", "auxiliary", "grid_member", "property_manager", "volunteer", "duty_desk"])
vias = st.sampled_from(["duty", "substitute", "team", "neighbour", "posting", "desk", "<"])
people = st.builds(Answerer, st.integers(1, 9), roles, vias, texts, texts, texts, phones, texts, texts)
zones = st.none() | st.builds(ZoneName, texts, texts, texts)
stations = st.builds(
    made.station,
    name_zh=texts,
    name_en=texts,
    desk_phone=phones,
    timezone=st.sampled_from(["Asia/Shanghai", "UTC", "America/St_Johns"]),
    synthetic=st.booleans(),
    languages=st.lists(st.sampled_from([*made.ALL, "<b>"]), max_size=4).map(tuple),
)
parts = st.builds(
    made.part,
    station=stations,
    edition=st.none() | st.integers(0, 12_000),
    published_at=st.none() | moments,
    beat=zones,
    grid_cell=zones,
    people=st.lists(people, max_size=6).map(tuple),
    following=st.lists(people, max_size=3).map(tuple),
    notices=st.lists(
        st.builds(Notice, st.sampled_from(["info", "warning"]), texts, texts, st.none() | moments), max_size=3
    ).map(tuple),
    valid_until=moments,
)
scans = st.builds(
    made.found,
    st.integers(0, 2**50 - 1).map(number_code),
    parts,
    stale=st.booleans(),
    status=st.sampled_from(PLATE_STATES),
    street=texts,
    village=texts,
    tail=texts,
    replaced_by=st.none() | st.integers(0, 2**50 - 1),
)
KEPT = ResidentPages("110,119", secure=True)


@given(scans, st.sampled_from(made.ALL))
def test_a_page_is_what_its_template_draws_from_the_whole_answer(scan, wish):
    expected = made.drawn_directly(KEPT, scan, wish)
    first, again = KEPT.answer(scan, wish), KEPT.answer(scan, wish)
    assert first.body == expected
    assert first == again
    assert first.until == scan.part.valid_until.timestamp()


@given(scans, scans, st.sampled_from(made.ALL))
def test_texts_never_reach_another_door_of_the_same_shape(one, other, wish):
    shape = replace(other.part, people=one.part.people[::-1], station=one.part.station)
    for scan in (one, other, other._replace(part=shape), one._replace(row=other.row)):
        assert KEPT.answer(scan, wish).body == made.drawn_directly(KEPT, scan, wish)


def test_zones_with_people_and_names_of_their_own_share_one_drawn_page(pages):
    tags = set()
    for number in range(50):
        officer = replace(
            made.OFFICER, name=f"王{number}", badge=f"{number}", phone=f"000-{number}", office=f"{number}室"
        )
        zone = ZoneName(f"B{number}", f"第{number}警格", f"Beat {number}")
        scan = made.found(made=made.part(people=(officer, made.MEMBER, made.DESK), beat=zone, edition=number + 1))
        page = pages.answer(scan)
        tags.add(page.etag)
        for word in (
            f"王{number} <",
            f">警号 {number}<",
            f"tel:000{number}",
            f"{number}室",
            f"第{number}警格",
            f"第 {number + 1} 版",
        ):
            assert word in page.body.decode()
    assert len(tags) == 50
    assert len(pages._drawn) == 1


SCRIPTS = {
    "zh-CN": r"[\u4e00-\u9fff]", "ja": r"[\u3040-\u30ff\u4e00-\u9fff]", "ko": r"[\uac00-\ud7af]", "ru": r"[\u0400-\u04ff]",
    "ar": r"[\u0600-\u06ff]",
}  # fmt: skip


@pytest.mark.parametrize("language", made.ALL)
def test_every_passage_says_its_language(pages, language):
    reader = read(shown(pages, made.found(made=made.part(station=made.station(languages=made.ALL))), language))
    for tag, text in reader.texts:
        if re.search(r"[\u4e00-\u9fff]", text):
            assert tag in {"zh-CN", "ja"}, (tag, text)
        for other, letters in SCRIPTS.items():
            if other not in {"zh-CN", "ja"} and re.search(letters, text):
                assert tag == other, (tag, text)


def test_headings_and_landmarks_are_there_in_order(pages):
    tags = read(shown(pages, made.found())).tags
    assert tags.count("h1") == tags.count("main") == tags.count("header") == tags.count("footer") == 1
    assert tags.index("header") < tags.index("main") < tags.index("h1") < tags.index("h2") < tags.index("footer")


@pytest.mark.parametrize("kind", ["unknown", "wait", "missing"])
@pytest.mark.parametrize("language", made.ALL)
def test_without_an_answer_there_is_help_and_somebody_to_call(pages, kind, language):
    page = pages.wrong(kind, language, HOSTILE, made.CODE).body.decode()
    reader = read(page)
    assert "tel:110" in reader.links
    assert "tel:12345" in reader.links
    assert "<script" not in page
    assert ("<form" in page) == (kind != "missing")
    if kind != "missing":
        assert any(link.startswith(f"/p/{made.CODE}") for link in reader.links)
        assert spaced(made.CODE).replace("-", "-<wbr>") in page


@pytest.mark.parametrize("language", [one for one in shell.LANGUAGES if one not in shell.ALWAYS])
def test_a_further_language_has_every_word_with_the_same_facts(language):
    said = shell.SAID[language]
    assert set(said) == set(shell.SAID["zh"])
    for key, words in said.items():
        names = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (words, WORDS[key][1])]
        assert names[0] == names[1], key
        assert words.strip()
        assert len(words) < 12 or words not in WORDS[key], key


def test_texts_of_a_thousand_pairs_are_kept_within_bounds():
    pages = ResidentPages("110", secure=False, kept=20)
    for number in range(100):
        zone = replace(made.part().beat, code=f"B{number}")
        pages.answer(made.found(made=made.part(beat=zone)))
    assert len(pages._ready) <= 40


def test_shapes_are_kept_within_bounds(pages):
    person = (made.OFFICER, replace(made.OFFICER, name=""), replace(made.OFFICER, badge=""), made.MEMBER, made.HELPER)
    for many in itertools.product(person, repeat=4):
        pages.answer(made.found(made=made.part(people=many)))
    assert 256 < len(pages._drawn) <= 512
