"""JSON and XML say the same, whatever is said."""

from __future__ import annotations

import json
import string

from hypothesis import given
from hypothesis import strategies as st

from gridmap.api.open311 import formats
from tests.api.open311.rules import parsed, same

#: What XML 1.0 can say; what it cannot is left out on the way in, and here.
SIGNS = st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff") | st.sampled_from(
    "\t\n\r<>&\"']]>"
)
NAMES = st.text(string.ascii_lowercase + "_", min_size=1, max_size=8)
LEAVES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-180, 180) | st.text(SIGNS, max_size=20)
THINGS = st.dictionaries(NAMES.filter(lambda name: name not in formats.ITEMS), LEAVES, max_size=4)
ROOTS = st.sampled_from(sorted(formats.ITEMS))


@given(ROOTS, st.lists(THINGS, max_size=3))
def test_every_list_says_the_same_in_both_forms(root, things):
    spoken = json.loads(formats.send("json", root, things).body)
    written = parsed(bytes(formats.send("xml", root, things).body))

    assert written.tag == root
    assert {one.tag for one in written} <= {formats.ITEMS[root]}
    assert same(written, spoken)


@given(THINGS, st.lists(THINGS, min_size=1, max_size=2))
def test_a_list_inside_a_thing_is_an_element_with_its_things(thing, inner):
    content = {**thing, "attributes": [{**one, "values": [{"key": "a", "name": "b"}]} for one in inner]}
    written = parsed(formats.xml("service_definition", content))
    assert same(written, json.loads(formats.send("json", "service_definition", content).body))
    assert [one.tag for one in written[-1]] == ["attribute"] * len(inner)
    assert written.findtext("attributes/attribute/values/value/key") == "a"


@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=20))
def test_what_xml_cannot_say_is_left_out_and_the_rest_stays(words):
    found = parsed(formats.xml("errors", [{"description": words}])).findtext("error/description") or ""
    allowed = "".join(sign for sign in words if sign in "\t\n\r" or (ord(sign) >= 32 and sign not in "\ufffe\uffff"))
    assert found == allowed
