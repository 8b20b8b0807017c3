"""The words of the pages: one Chinese and one English word for each thing, as in the glossary."""

from __future__ import annotations

from typing import Final, Literal

from gridmap.web.words import (
    brief,
    compare,
    desk,
    desk_figures,
    desk_open,
    desk_series,
    door,
    draw,
    map_methods,
    notices,
    papers,
    plates_print,
    proposals,
    public_view,
    receipts,
    repair,
    resident,
    review,
    sheets,
    staff_reports,
)
from gridmap.web.words import gaps as gaps_page
from gridmap.web.words import map as map_page

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
TAGS: Final[dict[Language, str]] = {"zh": "zh-CN", "en": "en"}

#: key -> (Chinese, English). `{x}` is filled in by `say`.
WORDS: Final[dict[str, tuple[str, str]]] = {
    # every page
    "brand": ("警格图", "gridmap"),
    "skip": ("跳到主要内容", "Skip to the main content"),
    "other_language": ("English", "中文"),
    "synthetic": (
        "演示数据：派出所、人员、警情均为虚构。",
        "Synthetic data: this station, its people and its incidents are made up.",
    ),
    "nav": ("页面", "Pages"),
    "home": ("本所", "Station"),
    "plan": ("规划", "Plan"),
    "map": ("地图", "Map"),
    "log_in": ("登录", "Log in"),
    "log_out": ("退出", "Log out"),
    "assets_by": ("地图组件 Folium、Leaflet，由本机提供", "Map by Folium and Leaflet, served from this machine"),
    "as_of": ("截至 {at}", "as of {at}"),
    "none": ("无", "none"),
    "all": ("全部", "all"),
    # log-in
    "login_name": ("账号", "Login"),
    "password": ("口令", "Password"),
    "wrong_log_in": ("账号或口令不正确。", "The login or the password is wrong."),
    "log_in_why": ("规划员、民警请登录。居民扫门牌二维码即可，无需登录。",
                   "For planners and officers. Residents scan their door-plate; no log-in is needed."),
    "demo_log_ins": ("演示账号", "Demo log-ins"),
    # station page
    "choose_station": ("派出所", "Station"),
    "switch": ("切换", "Switch"),
    "card_plan": ("规划台", "Planner's desk"),
    "card_plan_why": ("边界走向、每个分区的负荷、草案的拓扑问题；检查、发布、撤回版次。",
                      "Where each boundary runs, who carries how much, what is wrong in a draft; check, publish, withdraw."),
    "card_map": ("民警地图", "Officer's map"),
    "card_map_why": ("纠纷热点、服务空白、警情分布，按时间和类别筛选。",
                     "Where disputes gather, where nobody is responsible, incidents by period and category."),
    "card_scan": ("扫门牌", "Scan a plate"),
    "card_scan_why": ("居民看到的页面：这扇门由谁负责、怎么联系。", "What a resident sees: who is responsible for a door, and how to call."),
    "plate_code": ("门牌码", "Plate code"),
    "open": ("打开", "Open"),
    "not_your_role": ("您的角色不能打开此页。", "Your role does not open this page."),
    "nothing_in_scope": ("您的数据范围内没有派出所，请联系管理员。", "No station is in your scope; ask an admin."),
    # editions and zones
    "edition": ("版次", "Edition"),
    "edition_n": ("第 {n} 版", "Edition {n}"),
    "draft": ("草案", "draft"),
    "published": ("现行", "in force"),
    "superseded": ("已替代", "superseded"),
    "withdrawn": ("已撤回", "withdrawn"),
    "beat": ("警格", "Beat"),
    "beats": ("警格", "Beats"),
    "grid_cell": ("网格", "Grid cell"),
    "grid_cells": ("网格", "Grid cells"),
    "zones": ("分区", "Zones"),
    "jurisdiction": ("辖区", "Jurisdiction"),
    "roads": ("道路", "Roads"),
    "places": ("村（社区）", "Villages and communities"),
    "no_edition": ("还没有任何版次。", "There is no edition yet."),
    # planner
    "area": ("面积", "Area"),
    "doors": ("门户", "Doors"),
    "households": ("户数", "Households"),
    "incidents_year": ("年警情", "Incidents a year"),
    "load": ("负荷", "Load"),
    "officer": ("社区民警", "Officer"),
    "incidents_short": ("年警情", "Inc./yr"),
    "households_short": ("户数", "Hh."),
    "compactness_short": ("紧凑度", "Comp."),
    "grid_member": ("网格员", "Grid member"),
    "compactness": ("紧凑度", "Compactness"),
    "colour_by": ("着色", "Colour by"),
    "figures": ("各分区数字", "Figures of each zone"),
    "total": ("合计", "Total"),
    "load_why": ("负荷 100 = 本类分区平均；户数与年警情各半。", "Load 100 is the mean of these zones: half households, half incidents a year."),
    "figures_year": ("警情统计：{since} 至 {until}", "Incidents counted from {since} to {until}"),
    "substitute": ("代", "stands in"),
    "faults": ("拓扑问题", "Topology faults"),
    "no_faults": ("未发现拓扑问题。", "No topology fault found."),
    "check": ("检查", "Check"),
    "publish": ("发布", "Publish"),
    "withdraw": ("撤回", "Withdraw"),
    "reason": ("原因", "Reason"),
    "confirm_publish": ("发布后立即生效，所有门牌按此版次应答。", "Takes effect at once: every plate then answers by this edition."),
    "confirm_withdraw": ("撤回后恢复上一版次。", "Brings the edition before back into force."),
    "publish_blocked": ("有拓扑问题，不能发布。", "It has faults and cannot be published."),
    "did_publish": ("已发布第 {n} 版，所有门牌按此版次应答。", "Edition {n} is published; every plate answers by it."),
    "did_withdraw": ("已撤回第 {n} 版。", "Edition {n} is withdrawn."),
    "compared": ("与现行第 {n} 版比较", "Compared with edition {n} in force"),
    "no_change": ("警格没有变化。", "No beat has changed."),
    "change": ("变化", "Change"),
    "gained": ("划入", "gained"),
    "lost": ("划出", "lost"),
    "change_split": ("拆分", "split"),
    "change_merged": ("合并", "merged"),
    "change_added": ("新增", "new"),
    "change_removed": ("取消", "gone"),
    "change_moved": ("移位", "moved"),
    "change_reshaped": ("调整", "reshaped"),
    "note": ("备注", "Note"),
    "max_load": ("最重 / 平均", "Heaviest / mean"),
    "sort_hint": ("点击表头排序", "Click a heading to sort"),
    "zone": ("分区", "Zone"),
    "show_whole": ("显示全辖区", "Show the whole area"),
    # officer
    "period": ("时段", "Period"),
    "since": ("自", "From"),
    "until": ("至", "To"),
    "category": ("类别", "Category"),
    "all_incidents": ("全部警情", "All incidents"),
    "all_disputes": ("全部纠纷", "All disputes"),
    "apply": ("应用", "Apply"),
    "days_n": ("{n} 天", "{n} days"),
    "one_year": ("一年", "a year"),
    "layers": ("图层与图例", "Layers and legend"),
    "incidents": ("警情", "Incidents"),
    "incident": ("警情", "Incident"),
    "dispute": ("纠纷", "Dispute"),
    "hotspots": ("热点", "Hotspots"),
    "hot99": ("热点（错误率 1 %）", "Hot, 1 % false alarms"),
    "hot95": ("热点（错误率 5 %）", "Hot, 5 % false alarms"),
    "cold95": ("冷点（错误率 5 %）", "Cold, 5 % false alarms"),
    "cold99": ("冷点（错误率 1 %）", "Cold, 1 % false alarms"),
    "not_significant": ("不显著", "Not significant"),
    "too_few": ("数据太少", "Too few data"),
    "method": ("方法", "Method"),
    "gaps": ("服务空白", "Coverage gaps"),
    "no_gaps": ("未发现服务空白。", "No coverage gap found."),
    "on_leave_until": ("{who}请假，{until} 返岗", "{who} away, back on {until}"),
    "posted_until": ("{who}任至 {until}", "{who} until {until}"),
    "rhythm": ("时段分布", "Hours and weekdays"),
    "cell": ("分析单元", "Analysis cell"),
    "events": ("起数", "Events"),
    "aggregated": ("警情太多，按分析单元汇总显示。", "Too many incidents to draw singly: shown as counts on a lattice."),
    "time": ("时间", "Time"),
    "number": ("编号", "Number"),
    "nobody": ("无人负责", "Nobody"),
    "three_years": ("三年", "three years"),
    "latest": ("最近一起在 {at}。", "The newest is of {at}."),
    "names": ("名称", "Names"),
    "unit_doors": ("门", "doors"),
    "unit_households": ("户", "hh."),
    "peak": ("最多：{day} {hour} 时，{n} 起", "Most: {day} {hour}:00, {n} events"),
    "no_data_period": ("该时段没有警情。", "No incident in this period."),
    # calls
    "call": ("拨打", "Call"),
    "duty_desk": ("派出所值班", "Duty desk"),
    "auxiliary": ("辅警", "Auxiliary"),
    # errors
    "error": ("出错了", "Something went wrong"),
    "back": ("返回", "Back"),
    "status_403": ("您无权进行此操作", "You may not do this"),
    "status_404": ("没有找到", "Not found"),
    "status_409": ("当前状态不允许此操作", "The present state does not allow this"),
    "status_422": ("请求不正确", "The request is not valid"),
    "status_429": ("尝试次数过多，请稍后再试", "Too many tries; wait a little"),
    "status_503": ("服务暂不可用，请稍后再试", "Not available now; try again in a moment"),
    "too_many_tries": ("尝试次数过多，请稍后再试。", "Too many tries; wait a little."),
    # told by the browser modules
    "loading": ("正在载入地图……", "Loading the map …"),
    "no_script": ("地图需要脚本；数字和清单不需要。", "The map needs scripts; the figures and lists do not."),
    "not_loaded": ("数据未能载入", "The data did not come"),
    "zoom_in": ("放大", "Zoom in"),
    "zoom_out": ("缩小", "Zoom out"),
    "map_label": ("地图：方向键移动，加减号缩放；右侧列表内容相同", "Map: arrow keys move, plus and minus zoom; the list beside it says the same"),
    "code": ("编码", "Code"),
}  # fmt: skip

for page in (
    gaps_page,
    desk,
    desk_figures,
    desk_open,
    door,
    draw,
    repair,
    proposals,
    compare,
    review,
    sheets,
    map_page,
    map_methods,
    brief,
    public_view,
    resident,
    plates_print,
    staff_reports,
    notices,
    papers,
    desk_series,
    receipts,
):
    twice = WORDS.keys() & page.WORDS.keys()
    if twice:
        raise KeyError(f"{page.__name__} says {sorted(twice)} again")
    WORDS.update(page.WORDS)

#: kinds of fault and gap as the pages name them.
KINDS: Final[dict[str, tuple[str, str]]] = {
    "overlap": ("重叠", "Overlap"),
    "gap": ("空白区", "Gap"),
    "sliver_overlap": ("碎面（重叠）", "Sliver overlap"),
    "sliver_gap": ("碎面（空隙）", "Sliver gap"),
    "sliver_leak": ("碎面（超出辖区）", "Sliver past the jurisdiction"),
    "sliver_outside_beat": ("碎面（越出警格）", "Sliver outside its beat"),
    "duplicate": ("重复分区", "Duplicate"),
    "detached": ("飞地", "Detached part"),
    "self_crossing": ("边界自交", "Self-crossing border"),
    "empty": ("空分区", "Empty zone"),
    "leak": ("超出辖区", "Outside the jurisdiction"),
    "missing_cell": ("缺少网格", "Missing cell"),
    "cell_outside_beat": ("网格越出警格", "Cell outside its beat"),
    "orphan_cell": ("网格无警格", "Cell without a beat"),
    "beat_not_union": ("警格与其网格不合", "Beat is not the union of its cells"),
    "orphan_door": ("门户不在任何分区", "Door in no zone"),
    "zone_without_doors": ("分区没有门户", "Zone without doors"),
    "under_norm": ("户数低于标准", "Fewer households than the norm"),
    "over_norm": ("户数高于标准", "More households than the norm"),
    "unmatched_vertex": ("边界顶点不配对", "Unpaired border vertex"),
    "spike": ("尖刺", "Spike"),
    "no_beat": ("无警格的地面", "Ground without a beat"),
    "no_cell": ("无网格的地面", "Ground without a cell"),
    "door_no_beat": ("门户不在任何警格", "Doors in no beat"),
    "door_no_cell": ("门户不在任何网格", "Doors in no cell"),
    "door_no_plate": ("无门牌的门户", "Doors without a plate"),
    "beat_no_officer": ("警格无民警", "Beat without an officer"),
    "cell_no_member": ("网格无网格员", "Cell without a grid member"),
    "posting_ended": ("任职已到期", "Posting has ended"),
    "leave_no_substitute": ("请假无人代班", "Leave without a substitute"),
    **gaps_page.KINDS,
}

WEEKDAYS: Final[tuple[tuple[str, str], ...]] = (
    ("周一", "Mon"), ("周二", "Tue"), ("周三", "Wed"), ("周四", "Thu"), ("周五", "Fri"), ("周六", "Sat"), ("周日", "Sun"),
)  # fmt: skip


def say(key: str, language: Language, **facts: object) -> str:
    """Return the words for `key` in `language`, with `facts` filled in.

    >>> say("edition_n", "en", n=3)
    'Edition 3'
    """
    words = WORDS[key][LANGUAGES.index(language)]
    return words.format(**facts) if facts else words


def kind_name(kind: str, language: Language) -> str:
    """Return the name of a kind of fault or gap; one that has no word yet is shown as it is coded."""
    names = KINDS.get(kind)
    return kind.replace("_", " ") if names is None else names[LANGUAGES.index(language)]
