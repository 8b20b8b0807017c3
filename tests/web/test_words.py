"""One Chinese and one English word for each thing."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from gridmap.geo.topology_issue import KINDS as FAULTS
from gridmap.web import shell, words
from gridmap.web.words import report, resident

TEMPLATES = Path(shell.__file__).parent / "templates"


@pytest.mark.parametrize("key", [*words.WORDS, *words.KINDS])
def test_both_languages_fill_in_the_same_facts(key):
    zh, en = {**words.WORDS, **words.KINDS}[key]
    names = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (zh, en)]
    assert names[0] == names[1]
    assert zh
    assert en


def test_every_word_a_template_says_is_there():
    for path in TEMPLATES.glob("*.html"):
        said = set(re.findall(r'\b[tu]\("(\w+)"[,)]', path.read_text(encoding="utf-8")))
        said |= set(re.findall(r"\b[tu]\('(\w+)'[,)]", path.read_text(encoding="utf-8")))
        assert said <= words.WORDS.keys() | report.WORDS.keys() | resident.WORDS.keys(), path.name


def test_every_fault_has_a_name():
    assert set(FAULTS) <= set(words.KINDS)


def test_chinese_words_use_chinese_punctuation():
    for zh, _ in words.WORDS.values():
        assert not re.search(r"[\u4e00-\u9fff][,:;()]|[,:;()][\u4e00-\u9fff]", zh), zh


def test_json_in_a_page_cannot_end_its_element():
    assert "<" not in shell.in_script({"x": "</script><script>alert(1)</script>&"})


@pytest.mark.parametrize(
    ("address", "cookie", "header", "wanted"),
    [("", None, "", "zh"), ("", None, "en-GB,en;q=0.9,zh;q=0.8", "en"), ("", None, "zh-CN,en", "zh"),
     ("", "en", "zh-CN", "en"), ("?lang=zh", "en", "en", "zh"), ("?lang=xx", None, "fr", "zh")],
)  # fmt: skip
def test_the_language_is_the_one_asked_for_then_chosen_then_the_browsers(client, address, cookie, header, wanted):
    if cookie:
        client.cookies.set("lang", cookie)
    page = client.get(f"/log-in{address}", headers={"Accept-Language": header}).text
    assert f'<html lang="{words.TAGS[wanted]}">' in page
