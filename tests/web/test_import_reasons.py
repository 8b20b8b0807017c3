"""What a planner reads when a boundary file is refused: sentences the importer gives, said without words of the shell."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import gridmap.services.imports
import gridmap.store.reading
from gridmap.domain import codes
from gridmap.geo import datum
from gridmap.services.imports import datums
from gridmap.web.words.import_reasons import SENTENCES, sentences

FOLDERS = [Path(package.__file__).parent for package in (gridmap.services.imports, gridmap.store.reading)]
FILES = [Path(module.__file__) for module in (codes, datums, datum)]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_is_one_that_the_importer_gives(sentence):
    files = [*FILES, *(path for folder in FOLDERS for path in folder.glob("*.py"))]
    source = re.sub(r'"\s+f?"', "", "\n".join(path.read_text(encoding="utf-8") for path in files))
    source = re.sub(r"\{[^{}\n]*\}", "{}", source).replace("polygon", "{}")
    for words in re.split(
        r"\{\w+\}| \(--map|\)\. |: |; |\. ", sentence.replace("polygon", "{x}").replace(" is no format", "{x}no format")
    ):
        assert words.strip() in source, words


@pytest.mark.parametrize("words", SENTENCES.items(), ids=lambda words: words[0][:40])
def test_what_is_said_keeps_to_the_facts_and_to_the_page(words):
    told, said = words
    given = {name for _, name, _, _ in string.Formatter().parse(told) if name}
    for text in said:
        assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= given
        assert "--" not in text


def test_both_languages_have_every_sentence():
    assert sentences(zh=True).keys() == sentences(zh=False).keys() == SENTENCES.keys()
