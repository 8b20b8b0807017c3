"""Names become initials where everybody reads them; what somebody is in a dispute stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.party_names import called, reference_of, tells_too_much


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("张三", "张某"),
        ("诸葛亮", "诸葛某"),
        ("Anna Karenina", "A.K."),
        ("  ", ""),
        ("阿 里", "阿某"),
        ("Ángel Ruiz", "Á.R."),
    ],
)
def test_a_reference_is_the_surname_or_the_initials(name, reference):
    assert reference_of(name) == reference


@pytest.mark.parametrize(
    ("typed", "reference"),
    [
        ("张三丰", "张某"), ("王五", "王某"), ("张三丰先生", "张某先生"), ("张 三 丰", "张某"), ("欧阳修", "欧阳某"), ("李家乐", "李某"), ("王东方", "王某"),
        ("张国家", "张某家"), ("张三丰的儿子", "张某的儿子"), ("张三丰儿子", "张某儿子"), ("张三丰、李四光", "张某、李某"), ("张三丰（租客）", "张某(租客)"),
        ("买买提·吐尔逊", "买某"), ("张三丰李四光夫妇", "张某夫妇"), ("Mary Watson", "M.W."), ("Mr John A. Smith", "Mr J.A.S."), ("J. Smith", "J.S."),
        ("Петр Иванов", "П.И."), ("张三丰 Mary Watson", "张某 M.W."), ("Ali Baba, the tenant", "A.B., the tenant"),
    ],
)  # fmt: skip
def test_a_name_becomes_initials_and_is_told_apart(typed, reference):
    assert called(typed) == (reference, " ".join(typed.replace("（", "(").replace("）", ")").split()))


@pytest.mark.parametrize(
    "reference",
    [
        "张某", "张某某", "欧阳某", "张某丰", "王先生", "李女士", "王家", "李氏兄弟", "甲方", "乙方", "张甲", "当事人甲", "老王", "小李", "房东", "楼上住户", "3楼住户",
        "租客二", "第二租客", "三名工人", "李某等5人", "一名男子", "王某女儿", "反映人", "邻居(楼上)", "阳光物业公司", "城关超市", "业委会", "某公司", "二楼住户的亲戚",
        "A", "M.J.W.", "Party A", "the tenant upstairs", "Tenant 2", "Landlord Li", "Smith Trading Ltd", "Mrs Smith",
    ],
)  # fmt: skip
def test_what_tells_nobody_s_name_stays(reference):
    assert called(reference) == (reference, "")
    assert tells_too_much(reference) == ""


HAN = st.builds(
    str.__add__,
    st.sampled_from("张王李赵"),
    st.text(st.sampled_from("三四五丰光国方和平大明华建"), min_size=1, max_size=3),
)
LATIN = st.lists(st.from_regex(r"[A-Z][a-z]{3,8}", fullmatch=True), min_size=2, max_size=4).map(" ".join)


@given(name=HAN, around=st.sampled_from(["{}", "{}先生", "{}、某公司", "租客{}", "{}的父亲", "楼上（{}）"]))
def test_no_given_name_of_a_chinese_name_stands_in_a_reference(name, around):
    told = called(around.format(name))
    assert name not in told.reference
    assert (reference_of(name) in told.reference, name in told.name) == (True, True)


@given(typed=HAN | LATIN | st.text(max_size=40))
def test_a_reference_is_kept_as_it_is_when_it_is_sent_again(typed):
    once = called(typed).reference
    assert called(once) == (once, "")
