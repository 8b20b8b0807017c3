"""Why an edit is not possible, in Chinese: the drawing page says it where the API gives its English sentence."""

from __future__ import annotations

from typing import Final

#: The sentence as the API gives it -> the same in Chinese; `{x}` stands for what differs.
REASONS: Final[dict[str, str]] = {
    "Beat {x} would be left without a cell; merge it with its neighbour instead.": "{x} 将一个网格也不剩，请改为与相邻警格合并。",
    "Beat {x} is the union of its cells: give it cells, or cut cells.": "{x} 由其网格组成：请划入网格，或切划网格。",
    "The {x} share no border.": "{x} 没有共同边界。",
    "The border of the {x} is a closed ring, which no straight line can be; give a tolerance.":
        "{x} 的边界是闭合的，不能取直，请填容差。",
    "The border of the {x} has no vertex to spare; it is as straight as it can be.": "{x} 的边界已经不能再直。",
    "The border of {x} would cross or touch itself here.": "{x} 的边界将在此自交。",
    "The border of {x} would run out and back on itself here, a spike.": "{x} 的边界将在此形成尖刺。",
    "Nothing would be left of {x}.": "{x} 将什么也不剩。",
    "{x} would fall into {n} parts; this one of {y} m2 lies apart.": "{x} 将分成 {n} 块，其中一块（{y} m²）不相连。",
    "This would leave a gap of {x} that no zone covers; the outline of the map can only get vertices on its own line.":
        "将留下 {x} 没有分区的空白；辖区边上只能沿边加点。",
    "This would reach {x} past the outline of the map; the outline can only get vertices on its own line.":
        "将超出辖区 {x}；辖区边上只能沿边加点。",
    "This would lay one zone on another, on {x}.": "将使分区互相重叠 {x}。",
    "The line cuts {x} into {n} pieces; it may only make two.": "这条线把 {x} 分成 {n} 块，只能分成两块。",
    "The line ends inside {x}; draw it from border to border.": "线的一端在 {x} 之内，请从边界画到边界。",
    "The line does not cross {x}.": "这条线没有穿过 {x}。",
    "The line does not cut {x} in two; draw it from border to border.": "这条线没有把 {x} 分成两块，请从边界画到边界。",
    "Every cell of {x} lies mostly on one side of the line, so it cannot split the beat.":
        "{x} 的网格大多在线的同一侧，不能这样拆分。",
    "A zone cannot give ground to itself.": "不能划给自己。",
    "Nothing of {x} lies inside the piece.": "圈出的地方没有 {x} 的土地。",
    "The piece takes all of {x}; merge the two instead.": "圈出的地方包括整个 {x}，请改为合并。",
    "This would take all of {x}; merge it, or say that it may go.": "将占去整个 {x}，请改为合并。",
    "No zone lies inside what was drawn.": "圈出的地方没有分区。",
    "The outline that was drawn crosses itself or encloses nothing.": "画的轮廓自交，或没有围成一块地。",
    "There is a {x} already; choose another code.": "已经有 {x}，请另取编码。",
    "There is no {x} in this draft.": "草案中没有 {x}。",
    "{x} has this code and these names already.": "{x} 已经是这个编码和名称。",
    "No border runs straight from the one vertex to the other; somebody may have changed it.":
        "这两点之间没有直边，可能已被他人改动。",
    "There is a vertex here already.": "这里已经有顶点。",
    "{x} borders meet at this vertex; it can be moved, not removed.": "{x} 条边界在此相交，可以移动，不能删除。",
    "There is no vertex here; somebody may have moved it.": "这里没有顶点，可能已被他人移动。",
    "{x} is not in another beat than {y}.": "{x} 已经在警格 {y} 中。",
    "The {x} do not all touch; only neighbours can be merged.": "{x} 不都相邻，只能合并相邻分区。",
    "the outline is no valid polygon ({x}); draw it again": "轮廓自交，请重画。",
    "the ground lies outside the jurisdiction of station {x}": "这块地在辖区之外。",
    "edition {n} of station {x} is {y}; open a draft to change zones": "第 {n} 版已不是草案，要改动请新建草案。",
    "locked: {x}; ask them to let go, or leave these zones as they are": "已锁定：{x}。请对方解锁，或不要改动这些分区。",
}  # fmt: skip
