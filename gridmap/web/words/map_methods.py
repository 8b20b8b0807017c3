"""How each picture of the officer's map is made, in words with its numbers: `{x}` is a fact of the answer itself."""

from __future__ import annotations

from typing import Final

#: key -> (Chinese, English)
WORDS: Final[dict[str, tuple[str, str]]] = {
    "map_how_hotspots": (
        ("Getis-Ord Gi*：{size_m} 米单元，本单元与相邻单元的起数之和与全图相比，精确置换分布，错误发现率 1 % 与 5 %"
        "（{rule}）。计入 {counted} 起，辖区外 {outside} 起未计。“数据太少”不等于安全。"),
        ("Getis-Ord Gi*: cells of {size_m} m; events of a cell and its neighbours against the whole map, exact permutation "
        "distribution, false discovery rate 1 % and 5 % ({rule}). {counted} counted, {outside} outside the "
        "jurisdiction are not. “Too few data” does not mean safe."),
    ),
    "map_how_hotspots_drawn": (
        ("Getis-Ord Gi*：{size_m} 米单元，每起按其层级计（未登记为纠纷的计一），与全图相比；每个单元各自随机抽取，至多 {draws} 次，"
        "种子 {seed}，错误发现率 1 % 与 5 %（{rule}）。计入 {counted} 起，辖区外 {outside} 起未计。“数据太少”不等于安全。"),
        ("Getis-Ord Gi*: cells of {size_m} m; each event counts its tier (one where no dispute was entered), against the whole "
        "map; p from draws of each cell's own, {draws} at most, seed {seed}; false discovery rate 1 % and 5 % ({rule}). {counted} "
        "counted, {outside} outside the jurisdiction are not. “Too few data” does not mean safe."),
    ),
    "map_how_density": (
        "核密度：{size_m} 米方格，带宽 {bandwidth_m} 米，边界处已校正。计入 {counted} 起。颜色是密度，不是检验：深色不等于多于偶然。",
        ("Kernel density on squares of {size_m} m, bandwidth {bandwidth_m} m, corrected at the border; {counted} events. It is a "
        "picture, no test: dark does not mean more than chance."),
    ),
    "map_density_held_out": ("带宽由留出的警情选定。", "The bandwidth is the one that foretold held-out events best."),
    "map_density_by_hand": ("带宽由您设定。", "You set the bandwidth."),
    "map_density_at_end": ("所试最小带宽最好：地址相同的警情很多。", "The narrowest bandwidth tried was best: many events share an address."),
    "map_how_rates": (
        ("发生率按经验贝叶斯向全图平均收缩，区间为 95 % 精确区间；共 {total} 起，其中 {without_denominator} 起所在之处没有分母，"
        "不算发生率。斜线处数字太小，仅供参考。"),
        ("Rates are drawn towards the mean of the map (empirical Bayes); intervals are exact, 95 %. {total} events, of which "
        "{without_denominator} lie where nobody is counted and have no rate. Hatched: a small number, do not rely on it."),
    ),
    "map_how_emerging": (
        "演变热点：到 {last_day} 为止的 {steps} 期，每期 {step_days} 天，各算热点，再检验每个单元历期的走势（Mann-Kendall）。按下列规则依次判断，先合者为准。",
        ("Emerging hotspots: {steps} steps of {step_days} days up to {last_day}; each step has its hotspots, and the trend of each cell "
        "is tested (Mann-Kendall). The first rule that fits names a cell."),
    ),
    "map_why_new": ("最近一期是热点，最近 {not_hot_before_last} 期以前从未是。", "Hot in the newest step, and never before the last {not_hot_before_last}."),
    "map_why_growing": ("最近一期是热点，而且历期显著上升。", "Hot in the newest step, and rising significantly over all steps."),
    "map_why_persistent": ("最近一期是热点，全部各期中至少 {least_share} 是热点。", "Hot in the newest step and in at least {least_share} of all steps."),
    "map_why_fading": ("最近 {hot_in_last} 期内还是热点，但历期显著下降。", "Hot within the last {hot_in_last} steps, but falling significantly over all steps."),
    "map_why_sporadic": ("曾是热点，时有时无，不合其他各类。", "Hot now and then; none of the other rules fits."),
    "map_why_gone": ("曾是热点，最近 {not_hot_in_last} 期都不是。这不等于那里已经平静。",
                     "Was hot, but not in the last {not_hot_in_last} steps. That does not prove that it is quiet there."),
    "map_how_moran": (
        "局部 Moran 指数：每个单元与邻近单元相比，条件置换检验，错误发现率 5 %。没有颜色处与偶然无异，或数据太少。",
        ("Local Moran's I: each cell against its neighbours, conditional permutation, false discovery rate 5 %. No colour: no "
        "different from chance, or too few data."),
    ),
    "map_how_scan": (
        "时空扫描统计量：在所有圆形范围与最近时段中寻找多于应有的聚集，{permutations} 次随机重排得出 p，种子 {seed}。",
        ("Space-time scan statistic: all circles and recent spans are searched for more than expected; p from {permutations} "
        "random replications, seed {seed}."),
    ),
    "map_scan_none": ("没有发现多于偶然的聚集。", "No outbreak beyond chance."),
    "map_how_forecast": (
        ("预测只用群众报告的警情，不用民警发起的，以免巡逻越多处越“热”。每个方格按风险排名，不预测任何个人。回测了 {periods} 个过去的时段。"),
        ("Learned from what residents report, not from what patrols start, so that patrols do not confirm themselves. Squares "
        "are ranked; no person is. {periods} past periods were foretold to measure it."),
    ),
    "map_how_series": (
        "系列：同类警情在地点和时间上彼此很近、且多于偶然的一串。",
        "Series: events of one category so near one another in place and time that chance would not do it.",
    ),
    "map_how_repeat_places": (
        "同一地址的起数与偶然应有的相比，错误发现率 5 %。",
        "Events of one address against what chance would have, false discovery rate 5 %.",
    ),
    "map_how_near_repeat": (
        "近重复（Knox）：{events} 起两两成对，与随机打乱时间 {permutations} 次相比，种子 {seed}。高于 1 表示一起之后附近短期内更易再发。",
        ("Near repeats (Knox): pairs among {events} events against {permutations} shuffles of their times, seed {seed}. Above 1: "
        "after one event another is likelier close by and soon."),
    ),
    "map_how_when": (
        "按本所时钟计。只知道时间段的警情平均分摊到其间。节日与其前后相比，区间 95 %。",
        "On the station's clock. Events known by a span only are spread over it. A festival is compared with the days around it; intervals 95 %.",
    ),
    "map_how_change": (
        "两个等长时段的起数相比，精确条件检验；多项同时比较，q 为错误发现率。",
        "Counts of two spans of equal length, exact conditional test; as many are compared at once, q is the false discovery rate.",
    ),
    "map_change_days": (
        "本期有记录 {days} 天，对比期 {days_before} 天；倍数按每天的起数相比。",
        "{days} days of this span are on record, {days_before} of the other: the ratio compares events a day.",
    ),
    "map_same_place": ("同一地点", "same place"),
    "map_how_none": ("没有着色。", "Nothing is coloured."),
    "map_origin_used_all": ("群众报告的与民警发起的", "reported by residents and started by officers"),
    "map_origin_used_reported": ("只有群众报告的", "reported by residents only"),
    "map_origin_used_started": ("只有民警发起的", "started by officers only"),
    "map_colours_safe": ("色带对色觉异常者可辨，重要类别另有纹理。", "The colours can be told apart with colour-blind eyes; classes that matter also have a texture."),
}  # fmt: skip
