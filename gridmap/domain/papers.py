"""The papers of a mediation: the four accounts (四笔账), the agreement, the record; their texts are a station's templates.

A template is plain text. In it stand names in braces, `{parties}` for example, which are filled in when the paper is begun;
a person then writes on. A name that is not one stays as it is: a template can read nothing but these facts.

References
----------
People's Mediation Law of the PRC (人民调解法, 2010), articles 28 to 33: what an agreement holds, that parties and mediators
sign it, that it binds, and that both parties may ask the court within thirty days to confirm it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from gridmap.errors import Invalid

KINDS: Final = ("accounts", "agreement", "record")
#: Kind -> its title in Chinese and English.
TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "accounts": ("四笔账", "The four accounts"), "agreement": ("人民调解协议书", "Mediation agreement"),
    "record": ("调解笔录", "Record of mediation"),
}  # fmt: skip
#: The four accounts in the order they are gone through: heart, ties, consequences, interests.
ACCOUNTS: Final[Mapping[str, tuple[str, str]]] = {
    "heart": ("良心账（情理）", "Heart: what is felt to be right"),
    "ties": ("亲情邻里账", "Ties: family and neighbours"),
    "consequences": ("法律后果账", "Consequences: the law, and what comes after"),
    "interests": ("经济利益账", "Interests: money and time"),
}
#: What each account asks, shown beside the field.
ASKS: Final[Mapping[str, tuple[str, str]]] = {
    "heart": ("凭良心讲，各方理在哪里、亏在哪里？", "In fairness: where is each side right, and where not?"),
    "ties": ("这门亲、这个邻居还要不要处下去？", "Do they go on living beside one another, and how?"),
    "consequences": ("再闹下去，法律上各要承担什么？", "If it goes on, what does the law hold for each?"),
    "interests": ("打官司、误工要花多少，和解能省多少？", "What do court and lost work cost, what does settling save?"),
}
LONGEST: Final = 20_000
_NAME: Final = re.compile(r"\{([a-z]+)\}")
#: A clause that is left out where it would name nobody, or a name.
_PART: Final = re.compile(r"\[\[(?P<clause>[^\[\]{}]*\{[a-z]+\}[^\[\]]*)\]\]|" + _NAME.pattern)
#: What a fact says where there is nobody.
NOBODY: Final = frozenset({"", "无", "none"})

_ACCOUNTS_ZH: Final = """纠纷编号：{number}
单位：{station}
纠纷种类：{kind}　　地点：{place}
当事人：{parties}

{accounts}

记录日期：{today}"""
_ACCOUNTS_EN: Final = """Dispute: {number}
Station: {station}
Kind: {kind}    Place: {place}
Parties: {parties}

{accounts}

Written on {today}"""
_AGREEMENT_ZH: Final = """编号：{number}

当事人：
{parties}

纠纷主要事实、争议事项：
{opened}，在{place}发生{kind}，由{station}受理，{holder}主持调解。[[参加调解的组织：{bodies}。]]

经调解，双方自愿达成如下协议：
{terms}

履行方式、时限：

本协议一式三份，当事人、人民调解委员会各持一份，自各方签名、盖章或按指印之日起生效。
各方当事人可自协议生效之日起三十日内共同向人民法院申请司法确认。

{today}"""
_AGREEMENT_EN: Final = """No. {number}

Parties:
{parties}

Facts and what is disputed:
On {opened}, at {place}: {kind}. Taken in by {station}; {holder} mediated.[[ Bodies that took part: {bodies}.]]

After mediation the parties agree of their own will:
{terms}

How and by when it is carried out:

Three copies: one for each party and one for the mediation committee. It takes effect when all have signed.
Within thirty days of that the parties may together ask the court to confirm it.

{today}"""
_RECORD_ZH: Final = """编号：{number}
时间：{today}
地点：{place}
事由：{kind}（{opened} 受理）
主持人：{holder}
参加单位：{bodies}
当事人：
{parties}

已告知当事人：调解自愿；可随时终止调解；可申请回避；调解不收费。

调解过程：


算四笔账：
{accounts}

调解结果：
{terms}

以上笔录经当事人核对无误。"""
_RECORD_EN: Final = """No. {number}
Time: {today}
Place: {place}
Matter: {kind} (taken in on {opened})
Mediator: {holder}
Bodies present: {bodies}
Parties:
{parties}

The parties were told: mediation is of their own will and may be ended at any time; they may ask for another mediator; it
costs nothing.

What was said:


The four accounts:
{accounts}

Result:
{terms}

The parties have read this record and found it right."""
#: Paper -> language -> text, where a station has none of its own.
DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {
    "accounts": {"zh": _ACCOUNTS_ZH, "en": _ACCOUNTS_EN},
    "agreement": {"zh": _AGREEMENT_ZH, "en": _AGREEMENT_EN},
    "record": {"zh": _RECORD_ZH, "en": _RECORD_EN},
}


class PaperNotValid(Invalid):
    """A paper is of no kind there is, empty, or too long."""

    slug, title = "paper-not-valid", "The paper cannot be kept"


def template(templates: Mapping[str, Mapping[str, str]], kind: str, language: str) -> str:
    """Return a station's text for a paper in a language; the built-in one where it has none, Chinese where nobody has.

    Raises
    ------
    PaperNotValid
        If there is no such paper.
    """
    if kind not in KINDS:
        raise PaperNotValid(f"a paper is one of {', '.join(KINDS)}", kind=kind)
    own, plain = templates.get(kind, {}), DEFAULTS[kind]
    return own.get(language) or plain.get(language) or own.get("zh") or plain["zh"]


def languages(templates: Mapping[str, Mapping[str, str]], kind: str) -> tuple[str, ...]:
    """Return the languages a paper can be begun in, Chinese and English first."""
    return ("zh", "en", *sorted(set(templates.get(kind, {})) - {"zh", "en"}))


def fill(text: str, facts: Mapping[str, str]) -> str:
    """Return a template with its names filled in, once: what a fact says is never read as a template.

    >>> fill("{number}: {parties} {what}", {"number": "M-1", "parties": "{number}"})
    'M-1: {number} {what}'
    >>> fill("Agreed[[ before {bodies}]].", {"bodies": "无"}), fill("Agreed[[ before {bodies}]].", {"bodies": "the court"})
    ('Agreed.', 'Agreed before the court.')
    """

    def part(found: re.Match[str]) -> str:
        clause = found["clause"]
        if clause is None:
            return facts.get(found[2], found[0])
        if any(facts.get(name, name) in NOBODY for name in _NAME.findall(clause)):
            return ""
        return _NAME.sub(lambda name: facts.get(name[1], name[0]), clause)

    return _PART.sub(part, text)


def told(accounts: Mapping[str, str], language: str) -> str:
    """Return the four accounts as text: a heading and a paragraph each, an empty one left to be written by hand."""
    place = 1 if language == "en" else 0
    return "\n\n".join(f"{title[place]}\n{accounts.get(name, '').strip()}" for name, title in ACCOUNTS.items())


def check(kind: str, text: str) -> str:
    """Return a paper's text as it is kept.

    Raises
    ------
    PaperNotValid
        If it is of no kind there is, empty, or longer than `LONGEST` letters.
    """
    kept = text.replace("\0", "").replace("\r\n", "\n").strip()
    if kind not in KINDS:
        raise PaperNotValid(f"a paper is one of {', '.join(KINDS)}", kind=kind)
    if not kept or len(kept) > LONGEST:
        raise PaperNotValid(
            f"a paper has 1 to {LONGEST:,} letters, this has {len(kept):,}", kind=kind, letters=len(kept)
        )
    return kept
