"""How the steps of a dispute are called where a station's loop calls them nothing else: code -> Chinese, English."""

from __future__ import annotations

from typing import Final

from gridmap.domain.loops import Loop

STEP_NAMES: Final = {
    "opened": ("登记", "Opened"), "accepted": ("受理", "Accept"), "begun": ("开始办理", "Begin"), "passed_on": ("移交", "Hand over"),
    "taken": ("接收", "Take"), "refused": ("退回", "Give back"), "lapsed": ("移交超时", "Offer lapsed"),
    "convened": ("联合调解", "Mediate jointly"), "visited": ("上门", "Visit"), "mediated": ("调解", "Mediate"),
    "paused": ("暂停", "Pause"), "resumed": ("恢复", "Resume"), "escalated": ("升级", "Take one tier up"),
    "settled": ("化解", "Settle"), "reviewed": ("评晒", "Review in public"), "followed_up": ("回访", "Follow up"),
    "closed": ("办结", "Close"), "reopened": ("重新办理", "Open again"), "withdrawn": ("撤回", "Withdraw"),
    "not_ours": ("不属本所", "Not ours"), "reassigned": ("改派", "Give to somebody else"), "marked": ("标记风险", "Mark risks"),
    "linked": ("关联", "Link"), "warned": ("临期提醒", "Warned"), "reminded": ("催办", "Reminded"), "told": ("告知", "Tell the reporter"),
    "paper": ("文书", "Paper"), "added": ("补充", "Added by the reporter"), "note": ("备注", "Note"),
}  # fmt: skip


def step_name(loop: Loop, step: str) -> tuple[str, str]:
    """Return how a station calls a step, in Chinese and English."""
    chinese, english = loop.rules.steps.get(step, ("", ""))
    plain = STEP_NAMES.get(step, (step, step))
    return chinese or plain[0], english or plain[1]
