"""Words of boundary files brought into a draft and their repair."""

from __future__ import annotations

from typing import Final

#: key -> (Chinese, English)
WORDS: Final[dict[str, tuple[str, str]]] = {
    # the panel
    "repair": ("修复", "Repair"),
    "repair_why": (
        "先显示，再逐条或全部采纳；采纳后可撤销。不丢失、不拆开任何分区；缺少的网格不会被悄悄填补。",
        "Shown first, accepted one by one or all at once; can be undone. No zone is lost, no missing cell filled in silence.",
    ),
    "repair_none": ("没有需要修复的问题。", "Nothing needs repair."),
    "repair_n": ("{n} 项修复，其中 {asks} 项需要您决定", "{n} repairs, {asks} of them for you to decide"),
    "repair_accept": ("采纳", "Accept"),
    "repair_accept_all": ("全部采纳（{n}）", "Accept all ({n})"),
    "repair_give_to": ("归入", "Give to"),
    "repair_choose": ("请选择分区", "Choose a zone"),
    "repair_rule": ("依据", "Rule"),
    "repair_nobody": ("不归任何分区", "no zone"),
    "repair_show": ("在地图上显示", "Show on the map"),
    "repair_done": ("已采纳 {n} 项修复。", "{n} repairs carried out."),
    "repair_looking": ("正在查找修复方案……", "Looking for repairs …"),
    # who gets the ground: repair_rule_ + the rule, blanks as _
    "repair_rule_former": ("现行版次的归属", "had it in the edition in force"),
    "repair_rule_longest_border": ("共用边界最长", "longest shared border"),
    "repair_rule_outline": ("以辖区界线为准", "cut at the jurisdiction's edge"),
    "repair_rule_cells": ("以网格为准", "the beat of the cells there"),
    "repair_rule_vertex": ("补上顶点", "a vertex is added"),
    "repair_rule_ask": ("请您决定", "you decide"),
    # why the planner is asked: repair_why_ + the reason, blanks as _
    "repair_why_large": ("面积较大", "much ground"),
    "repair_why_tie": ("两侧边界一样长", "two borders are as long"),
    "repair_why_no_border": ("没有相邻分区", "no zone beside it"),
    "repair_why_broken": ("相关分区边界自交", "a zone here crosses itself"),
    "repair_why_harm": ("会丢失或拆开分区", "a zone would be lost or split"),
    "repair_why_cells": ("此处没有网格或有多个网格", "no cell or several lie there"),
    "repair_why_fault": ("只能由人修改", "only a person can mend it"),
    # boundary files
    "import_file": ("导入边界文件", "Import a boundary file"),
    "import_why": (
        "GeoPackage、Shapefile（zip）、GeoJSON、KML、FlatGeobuf、GeoParquet。先试读，再导入；导入可撤销。",
        "GeoPackage, zipped Shapefile, GeoJSON, KML, FlatGeobuf or GeoParquet. Read it on trial, then import; can be undone.",
    ),
    "import_choose": ("选择文件", "Choose a file"),
    "import_kind": ("文件内容", "What the file holds"),
    "import_kind_auto": ("按文件内所写", "as the file says"),
    "import_crs": ("坐标系", "Coordinate system"),
    "import_crs_auto": ("按文件内所写", "as the file says"),
    "import_trial": ("试读", "Read on trial"),
    "import_keep": ("导入草案", "Import into the draft"),
    "import_read": ("读到 {beats} 个警格、{cells} 个网格；新增 {added}，替换 {updated}，拒绝 {refused}",
                    "{beats} beats and {cells} grid cells; {added} new, {updated} replaced, {refused} refused"),
    "import_faults": ("导入后有 {n} 个拓扑问题", "{n} topology faults with the file in it"),
    "import_line": ("第 {line} 项", "Item {line}"),
    # why a file was refused: draw_problem_ + the slug of the problem, - as _
    "draw_problem_not_what_it_claims": ("文件读不了。", "The file cannot be read."),
    "draw_problem_file_cut_off": ("文件不完整。", "The file was cut off."),
    "draw_problem_file_encrypted": ("压缩包有密码，请解压后再导入。", "The archive has a password; unpack it first."),
    "draw_problem_file_too_large": ("文件超出限度。", "The file is beyond the limits."),
    "draw_problem_layer_unclear": ("请指明图层。", "Which layer?"),
    "draw_problem_crs_unclear": ("坐标系不明。", "Which coordinate system?"),
    "draw_problem_column_unclear": ("缺少字段。", "A column is missing."),
    "draw_problem_import_unclear": ("没有导入。", "Nothing was imported."),
    "draw_problem_lies_like_another_datum": ("坐标系可能不对。", "Another coordinate system, it seems."),
    "import_done": ("已导入，可撤销。", "Imported; can be undone."),
}  # fmt: skip
