"""Open311 GeoReport v2: services, what a request says, how it stands, in the standard's own words.

References
----------
Open311 (2011), "GeoReport v2": services, service definitions, requests, tokens, errors.
W3C (1997), "Date and Time Formats": a subset of ISO 8601, always with a zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from gridmap.domain.dispute_words import KINDS, OVER
from gridmap.domain.loops import Loop
from gridmap.errors import Invalid

#: No list of requests spans more.
LONGEST_SPAN: Final = timedelta(days=90)
MOST: Final = 1_000
FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: From the first moment that can be told to the last.
EVER: Final = (FIRST, datetime(2200, 1, 1, tzinfo=UTC))
STATUSES: Final = ("open", "closed")
#: Matters besides disputes a resident may file, by the code of their service; the dispute kinds are services themselves.
OTHERS: Final = ("hazard", "tip")
#: Categories a hazard or a tip is kept under: the first that the database knows.
KINDS_OF: Final = {
    "hazard": ("hazard", "help", "other_call", "other_dispute"), "tip": ("tip", "other_call", "help", "other_dispute"),
}  # fmt: skip
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?\d{1,3}(\.\d{1,15})?", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,6}", re.ASCII)


class OpenRequestNotValid(Invalid):
    """A request of another application lacks something, or says what cannot be."""

    slug, title = "open311-not-valid", "The request is not valid"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A question of a service; one that is not `variable` only tells something. `values`: key -> name, of a list."""

    code: str
    datatype: str
    description: str
    variable: bool = True
    required: bool = False
    hint: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Service:
    """What a resident may file. `matter` and `kind`: what it becomes here."""

    code: str
    name: str
    description: str
    group: str
    keywords: str
    matter: str
    kind: str
    attributes: tuple[Attribute, ...] = ()


_GROUPS: Final = {"dispute": ("纠纷", "Disputes"), "hazard": ("隐患", "Hazards"), "tip": ("线索", "Tips")}
_ABOUT: Final = {
    "dispute": ("请调解这类纠纷：{name}", "Ask for mediation: {name}"),
    "hazard": ("报告可能伤人的隐患：楼道堆物、井盖缺失、电线裸露", "Tell of what may hurt somebody: blocked stairs, open manholes, bare wires"),
    "tip": ("提供线索：可疑的人、事、物", "Tell the station of something that looks wrong"),
}  # fmt: skip
_INFO: Final = (
    "有人受伤、着火或正在打架，请立即拨打 110、119、120，不要在这里提交。说明里请不要写他人的姓名和电话。",
    "In an emergency call 110, 119 or 120; do not send it here. Leave names and numbers of others out of the description.",
)
_THREATS: Final = ("有人扬言要动手吗？", "Has anybody threatened violence?")
_YES_NO: Final = ({"no": "没有", "yes": "有"}, {"no": "No", "yes": "Yes"})
_LANGUAGE: Final = ("用哪种语言调解", "The language to mediate in")
#: Languages by code, as their speakers write them.
LANGUAGES: Final = {
    "zh": "中文", "en": "English", "ar": "العربية", "fr": "Français", "es": "Español", "ru": "Русский", "ko": "한국어",
    "ja": "日本語", "fa": "فارسی", "hi": "हिन्दी", "ur": "اردو", "vi": "Tiếng Việt", "th": "ไทย", "tr": "Türkçe", "pt": "Português",
    "de": "Deutsch", "it": "Italiano", "uk": "Українська", "bn": "বাংলা", "id": "Bahasa Indonesia", "ne": "नेपाली",
}  # fmt: skip
#: What whoever filed reads of a step where the loop has no sentence of its own; steps that are not here are not told.
NOTES: Final = {
    "opened": ("已收到，等待受理", "Received; somebody will take it up"), "accepted": ("已受理", "Somebody has taken it up"),
    "begun": ("正在办理", "Somebody is working on it"), "taken": ("正在办理", "Somebody is working on it"),
    "passed_on": ("正在转交其他人员办理", "It is being handed to somebody else"),
    "convened": ("多个单位一起调解", "Several bodies mediate together"), "visited": ("工作人员已上门", "Somebody came by"),
    "mediated": ("已组织调解", "There was a mediation"), "paused": ("暂停办理，到期自动恢复", "On hold; it goes on by itself on its day"),
    "resumed": ("恢复办理", "It goes on"), "escalated": ("已提交上一级处理", "It was taken one tier up"),
    "settled": ("您反映的事项已化解。若有反复，请再告诉我们。", "What you reported is settled. Tell us if it comes back."),
    "reviewed": ("已公开评议", "It was reviewed in public"), "followed_up": ("已回访", "Somebody asked how it goes"),
    "closed": ("已办结", "It is closed"), "reopened": ("重新办理", "It was opened again"),
    "withdrawn": ("已撤回", "It was withdrawn"), "not_ours": ("不属于派出所的职责，已结束", "It is not for the station to settle; it was ended"),
}  # fmt: skip
NOTICE: Final = ("已收到。用这个编号可以查询进展。", "Received. Follow it with this number.")
NOTICE_URGENT: Final = ("如有危险，请立即拨打 110、119、120。", "If there is danger, call 110, 119 or 120 now.")
NOTICE_MEDIA: Final = ("图片没有保存。", "Pictures are not kept.")


def said(pair: tuple[str, str], language: str) -> str:
    """Return the Chinese of a pair for "zh", the English for everything else."""
    return pair[0] if language == "zh" else pair[1]


def group_of(matter: str) -> tuple[str, str]:
    """Return how a matter is called as a group of services."""
    return _GROUPS.get(matter, (matter, matter))


def services(
    loop: Loop, names: Mapping[str, tuple[str, str]], kinds: Mapping[str, str], language: str
) -> tuple[Service, ...]:
    """Return what residents may file at a station.

    Parameters
    ----------
    loop
        The station's.
    names
        Kinds of dispute the database knows: code -> Chinese, English.
    kinds
        The category a hazard and a tip are kept under, where there is one.
    language
        "zh"; anything else is told in English.
    """
    found = []
    for code in dispute_kinds(loop):
        if code in names:
            name = said(names[code], language)
            trades = ", ".join(loop.kind(code).trades)
            found.append(Service(
                code, name, said(_ABOUT["dispute"], language).format(name=name), said(_GROUPS["dispute"], language),
                ", ".join(word for word in (*names[code], trades) if word), "dispute", code, _questions(loop, "dispute", language),
            ))  # fmt: skip
    found.extend(
        Service(
            matter, said(_GROUPS[matter], language), said(_ABOUT[matter], language), said(_GROUPS[matter], language),
            ", ".join(_GROUPS[matter]), matter, kinds[matter], _questions(loop, matter, language),
        )
        for matter in OTHERS if matter in kinds
    )  # fmt: skip
    return tuple(found)


def dispute_kinds(loop: Loop) -> tuple[str, ...]:
    """Return the codes of the kinds of dispute a station knows: everybody's, then those of its loop."""
    own = (rule.kind for rule in loop.rules.kinds)
    return tuple(code for code in dict.fromkeys((*KINDS, *own)) if code not in OTHERS)


def _questions(loop: Loop, matter: str, language: str) -> tuple[Attribute, ...]:
    """Return what is asked besides: threats of a dispute, the language where the station mediates in several."""
    asked = [Attribute("info", "string", said(_INFO, language), variable=False)]
    if matter == "dispute":
        asked.append(
            Attribute("threats", "singlevaluelist", said(_THREATS, language), values=_YES_NO[language != "zh"])
        )
    spoken = loop.rules.languages
    if len(spoken) > 1:
        values = {code: LANGUAGES.get(code, code) for code in spoken}
        asked.append(Attribute("language", "singlevaluelist", said(_LANGUAGE, language), values=values))
    return tuple(asked)


def answers(service: Service, given: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the answers to a service's questions.

    Raises
    ------
    OpenRequestNotValid
        If a question is unknown, an answer is none of its list, or a required one is missing.
    """
    known = {one.code: one for one in service.attributes if one.variable}
    for code, values in given.items():
        if code not in known:
            raise OpenRequestNotValid(
                f"attribute[{code[:40]}] is not asked of {service.code}; there are {', '.join(known)}"
            )
        if len(values) > 1:
            raise OpenRequestNotValid(f"attribute[{code}] takes one value")
        if values[0] and known[code].values and values[0] not in known[code].values:
            raise OpenRequestNotValid(f"attribute[{code}] is one of {', '.join(known[code].values)}")
    told = {code: values[0] for code, values in given.items() if values and values[0]}
    if missing := [one.code for one in known.values() if one.required and one.code not in told]:
        raise OpenRequestNotValid(f"attribute[{missing[0]}] is required")
    return told


def status_of(state: str) -> str:
    """Return the standard's word for a state: what nobody has to settle any more is closed.

    >>> status_of("handed"), status_of("settled"), status_of("not_ours")
    ('open', 'closed', 'closed')
    """
    return "closed" if state in OVER else "open"


def note_of(loop: Loop, step: str, language: str) -> str | None:
    """Return the sentence a resident reads of a step: the loop's own, or the plain one; None for what is not told."""
    pair = loop.rules.told.get(step) or NOTES.get(step)
    return None if pair is None else said(pair, language) or pair[0]


def told_steps(loop: Loop) -> tuple[str, ...]:
    """Return the steps residents read of."""
    return tuple(dict.fromkeys((*NOTES, *loop.rules.told)))


def moment(name: str, text: str) -> datetime:
    """Return a moment with its zone.

    >>> moment("start_date", "2025-06-01T08:00:00+08:00").isoformat()
    '2025-06-01T00:00:00+00:00'

    Raises
    ------
    OpenRequestNotValid
    """
    # A plus that was not escaped in an address arrives as a space.
    mended = re.sub(r" (?=\d\d:\d\d$)", "+", text.strip())
    try:
        found = datetime.fromisoformat(mended if _MOMENT.fullmatch(mended) else "").astimezone(UTC)
    except (ValueError, OverflowError):
        raise OpenRequestNotValid(f"{name} is a moment with its zone, such as 2025-06-01T00:00:00Z") from None
    if not EVER[0] <= found < EVER[1]:
        raise OpenRequestNotValid(f"{name} lies from 1970 up to 2200")
    return found


def written(at: datetime | None) -> str | None:
    """Return a moment as it is written, in UTC to the second."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(start: str | None, end: str | None, now: datetime) -> tuple[datetime, datetime]:
    """Return from and until when a list goes, at most `LONGEST_SPAN`; the most recent 90 days where nothing is said.

    Raises
    ------
    OpenRequestNotValid
        If they cannot be read, are upside down, or lie further apart.
    """
    until = moment("end_date", end) if end else None
    since = moment("start_date", start) if start else None
    if since is None:
        until = until or now
        return until - LONGEST_SPAN, until
    until = until or min(max(now, since), since + LONGEST_SPAN)
    if until < since:
        raise OpenRequestNotValid("end_date lies before start_date")
    if until - since > LONGEST_SPAN:
        raise OpenRequestNotValid(f"start_date and end_date lie at most {LONGEST_SPAN.days} days apart")
    return since, until


def updated(after: str | None, before: str | None) -> tuple[datetime, datetime] | None:
    """Return between which moments what is listed has changed last, both included; None where neither is given.

    Raises
    ------
    OpenRequestNotValid
        If they cannot be read, or are upside down.
    """
    if not after and not before:
        return None
    since = moment("updated_after", after) if after else EVER[0]
    until = moment("updated_before", before) if before else EVER[1]
    if until < since:
        raise OpenRequestNotValid("updated_before lies before updated_after")
    return since, until


def degrees(name: str, text: str, most: int) -> float:
    """Return a longitude or latitude in degrees (WGS 84).

    Raises
    ------
    OpenRequestNotValid
    """
    if not _NUMBER.fullmatch(text.strip()) or abs(float(text)) > most:
        raise OpenRequestNotValid(f"{name} is a number of degrees from -{most} to {most} (WGS 84)")
    return float(text)


def whole(name: str, text: str | None, default: int, most: int) -> int:
    """Return a whole number from 1; more than `most` is `most`.

    Raises
    ------
    OpenRequestNotValid
    """
    if not text:
        return default
    if not _WHOLE.fullmatch(text) or int(text) < 1:
        raise OpenRequestNotValid(f"{name} is a whole number from 1")
    return min(int(text), most)


def words_of(name: str, text: str | None, known: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the words of a list with commas; none where nothing is said.

    Raises
    ------
    OpenRequestNotValid
        If one is not of those known, or there are more than a hundred.
    """
    told = tuple(dict.fromkeys(part for raw in (text or "").split(",") if (part := raw.strip())))
    if len(told) > 100:
        raise OpenRequestNotValid(f"{name} names at most 100")
    if known is not None and (strange := [part for part in told if part not in known]):
        raise OpenRequestNotValid(f"{name} is of {', '.join(known)}, not {strange[0][:40]}")
    return told
