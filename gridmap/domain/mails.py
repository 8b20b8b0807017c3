"""What mails say: what there is to do, until when, and where it stands; never a name or a word of the dispute.

Every mail is in Chinese and English: who reads it is known by an address alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from gridmap.errors import Invalid

#: What a mail may tell -> (Chinese, English).
MAILS: Final = {
    "given": ("交给您办理", "given to you"),
    "offered": ("转交给您，请接收或退回", "offered to you: take it or give it back"),
    "back": ("未被接收，仍由您办理", "not taken over: it is still yours"),
    "asked": ("邀请您单位参加联合调解", "your body is asked to mediate jointly"),
    "answered": ("受邀单位已答复", "a body you asked has answered"),
    "soon": ("即将到期", "due soon"),
    "overdue": ("已超期", "overdue"),
    "visit": ("回访到期，请回访", "a follow-up visit is due"),
    "review": ("评晒到期，请组织评晒", "its review is due"),
    "added": ("当事人有补充", "the reporter has added something"),
    "unanswered": ("群众报事无人受理", "a resident's report nobody has taken up"),
}  # fmt: skip
#: The same of many, which have been due for days.
MANY: Final = {
    "given": ("{n} 件超期未办，已转交给您", "{n} that were late are given to you"),
    "back": ("{n} 件未被接收，仍由您办理", "{n} were not taken over: they are still yours"),
    "overdue": ("{n} 件已超期多日", "{n} have been overdue for days"),
    "visit": ("{n} 件回访已到期多日，请回访", "{n} follow-up visits have been due for days"),
    "review": ("{n} 件评晒已到期多日，请组织评晒", "{n} reviews have been due for days"),
}  # fmt: skip
MATTERS: Final = {"dispute": ("纠纷", "Dispute"), "tip": ("线索", "Tip"), "hazard": ("隐患", "Hazard"), "case": ("现案", "Fresh case")}  # fmt: skip
REPORTS: Final = {"visit": ("预约走访", "Visit"), "dispute": ("纠纷", "Dispute"), "hazard": ("隐患", "Hazard"), "other": ("其他", "Other")}  # fmt: skip
#: Who is told of a report that nobody takes up, the longer it lasts.
STAGES: Final = {
    "backup": ("请您代为受理", "please take it up in their place"),
    "desk": ("值班台请受理", "the duty desk is asked to take it up"),
    "supervisor": ("请督办", "please see that it is taken up"),
}  # fmt: skip
LONGEST_ADDRESS: Final = 254
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")  # fmt: skip
_LONGEST_SUBJECT: Final = 150


class EmailNotValid(Invalid):
    """There is no address here one can be mailed at."""

    slug, title = "email-not-valid", "The e-mail address is not valid"


def check_address(address: str) -> str:
    """Return an address as it is kept.

    Raises
    ------
    EmailNotValid
        If it is none of the plain kind: letters and signs before one @, a host after it.

    References
    ----------
    WHATWG HTML, 4.10.5.1.5 "valid e-mail address": RFC 5322 without comments, quotes and line breaks.

    Examples
    --------
    >>> check_address(" wang@station.lan ")
    'wang@station.lan'
    """
    told = address.strip()
    if len(told) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(told):
        raise EmailNotValid("an address is name@host, without spaces and quotes", address=told[:LONGEST_ADDRESS])
    return told


def subject(event: str, body: Mapping[str, Any]) -> str:
    """Return the subject of a mail: one line, whatever its parts hold.

    >>> subject("overdue", {"number": "M-7", "kind_zh": "邻里纠纷", "kind_en": "Neighbours"})
    '[gridmap] M-7 邻里纠纷 已超期 / Neighbours: overdue'
    """
    mark = "（演示数据 synthetic）" if body.get("synthetic") else ""
    if (many := _many(event, body)) is not None:
        return _line(f"[gridmap]{mark} {many[0]} / {many[1]}")[:_LONGEST_SUBJECT]
    chinese, english = MAILS[event]
    kind_zh, kind_en = _kind(body)
    told = f"[gridmap]{mark} {_thing(body)} {kind_zh} {chinese} / {kind_en}: {english}"
    return _line(told)[:_LONGEST_SUBJECT]


def message(event: str, body: Mapping[str, Any], link: str, station: str) -> str:
    """Return the text of a mail: what, which, until when, where; in Chinese, then in English.

    Parameters
    ----------
    link
        Where staff work, "https://host"; empty: the mail has no link.
    """
    page = ""
    if link:
        page = _line(link) + (_line(str(body["list"])) if "list" in body else f"{_path(body)}?station={quote(station)}")
    return "\n".join(line for index in (0, 1) for line in (*_in(index, event, body, page), ""))


def _in(index: int, event: str, body: Mapping[str, Any], page: str) -> list[str]:
    """Return the lines in one language: 0 Chinese, 1 English."""
    labels = (("事项", "编号", "类别", "期限", "打开"), ("What", "Number", "Kind", "Until", "Open"))[index]
    if (many := _many(event, body)) is not None:
        lines = [f"{labels[0]}: {many[index]}", *([f"{labels[4]}: {page}"] if page else [])]
        return [*lines, *_made_up(index, body)]
    what = MAILS[event][index]
    if event == "unanswered":
        what += ("：", ": ")[index] + STAGES[body["stage"]][index]
    matter = MATTERS.get(body.get("matter", ""), ("报事", "Report"))[index]
    kind = _kind(body)[index]
    lines = [
        _line(f"{labels[0]}: {matter} · {what}"),
        _line(f"{labels[1]}: {_thing(body)}"),
        _line(f"{labels[2]}: {kind}"),
    ]
    if (until := _until(body)) is not None:
        lines.append(f"{labels[3]}: {until}")
    if page:
        lines.append(f"{labels[4]}: {page}")
    return [*lines, *_made_up(index, body)]


def _made_up(index: int, body: Mapping[str, Any]) -> list[str]:
    told = ("这是演示数据，不涉及任何真实的人。", "This is synthetic data and concerns nobody.")[index]
    return [told] if body.get("synthetic") else []


def _many(event: str, body: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what is told of many disputes (Chinese, English), None where a mail speaks of one."""
    if "list" not in body:
        return None
    chinese, english = MANY[event]
    return chinese.format(n=int(body["count"])), english.format(n=int(body["count"]))


def _thing(body: Mapping[str, Any]) -> str:
    return str(body["number"]) if "number" in body else f"#{body['report']}"


def _kind(body: Mapping[str, Any]) -> tuple[str, str]:
    if "kind_zh" in body:
        return str(body["kind_zh"]), str(body["kind_en"] or body["kind_zh"])
    return REPORTS[body["kind"]]


def _until(body: Mapping[str, Any]) -> str | None:
    """Return until when something is due, in the station's time."""
    due = body.get("due_at")
    if due is None:
        return None
    zone = ZoneInfo(body["timezone"])
    return f"{datetime.fromisoformat(due).astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def _path(body: Mapping[str, Any]) -> str:
    return f"/desk/{int(body['dispute'])}" if "dispute" in body else f"/reports/{int(body['report'])}"


def _line(told: str) -> str:
    r"""Return a text as one line: a line break in it would begin a header of its own.

    >>> _line("M-7\r\nBcc: x@y")
    'M-7 Bcc: x@y'
    """
    return " ".join("".join(sign if sign.isprintable() else " " for sign in told).split())
