"""Why a boundary file was refused, or what was found in it, for a planner: in Chinese, and without words of the shell."""

from __future__ import annotations

from typing import Final

#: The sentence as the API gives it -> the same (in Chinese, in English); `{x}` stands for what differs.
SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "{file} is empty (0 bytes); export or copy it again.": (
        "{file} 是空文件，请重新导出或复制。", "{file} is empty; export or copy it again."),
    "{file} ends after {n} bytes inside feature {m}: it was cut off; export or copy it again.": (
        "{file} 不完整：在第 {m} 个要素中断，请重新导出或复制。", "{file} was cut off inside feature {m}; export or copy it again."),
    "{file} is a damaged or cut-off ZIP archive ({x}); copy it again.": (
        "{file} 是损坏或不完整的 ZIP，请重新复制。", "{file} is a damaged or cut-off ZIP archive; copy it again."),
    "{file} unpacks to {n} times its size: nothing real does; it is refused.": (
        "{file} 解压后是原来的 {n} 倍，不是正常文件，已拒绝。", "{file} unpacks to {n} times its size: nothing real does; it is refused."),
    "{file} lacks its {x}; a Shapefile is .shp, .shx and .dbf together.": (
        "{file} 缺少 {x}；Shapefile 须同时有 .shp、.shx 和 .dbf。", "{file} lacks its {x}; a Shapefile is .shp, .shx and .dbf together."),
    "{file} does not say its coordinate reference system; say it with --crs, for example {x}, --crs EPSG:4326 {y}.": (
        "{file} 没有写明坐标系，请在上面选择坐标系。", "{file} does not say its coordinate system; choose it above."),
    "--crs {x}: no such system; give EPSG:number, gcj02 or bd09.": ("没有坐标系 {x}。", "There is no coordinate system {x}."),
    "The coordinates lie like {x}: without its offset of {n} m here, the {y} goes from {a} to {b} (n = {c}). If the file "
    "comes from a phone or a Chinese web map, load it with --crs {d}; if it is right as it is, say so with --crs EPSG:4326.": (
        "坐标像是 {x}（此处偏移约 {n} m；去除偏移后与辖区的重合度由 {a} 变为 {b}）。如文件来自手机或网络地图，请在上面选 {x}；如坐标无误，请选 WGS 84。",
        ("The coordinates lie like {x}, {n} m off here (overlap with the jurisdiction {a}, without the offset {b}). If the file "
        "comes from a phone or a Chinese web map, choose {x} above; if it is right as it is, choose WGS 84.")),
    "no zone of {file} lies in the jurisdiction of station {x}; are its coordinates in the system that was said, and is it "
    "this station's file?": (
        "{file} 中没有一个分区在 {x} 的辖区内。坐标系选对了吗？是本所的文件吗？",
        "No zone of {file} lies in the jurisdiction of station {x}. Is the coordinate system right, and is it this station's file?"),
    "{file} has no zone that can be used: {x}; {n} rows were rejected.": (
        "{file} 没有可用的分区：{x}；拒绝 {n} 项。", "{file} has no zone that can be used: {x}; {n} rows were rejected."),
    "{file} promises {x} but is {y}; give it its right ending, or export it again.": (
        "{file} 的内容与扩展名不符，请改正扩展名或重新导出。", "{file} promises {x} but is {y}; give it its right ending, or export it again."),
    "{file} is no format gridmap reads; {x}.": (
        "{file} 不是能读的格式，请用 GeoPackage、Shapefile（zip）、GeoJSON、KML、FlatGeobuf 或 GeoParquet。", "{file} is no format gridmap reads; {x}."),
    "coordinates out of range (are they in another system, or latitude first? say it with --crs)": (
        "坐标超出经纬度范围，可能是另一坐标系，请在上面选择", "coordinates out of range; choose their system above"),
    "The file has no column for {x}; it has: no columns. Say it with --map {z}=COLUMN.": (
        "文件中没有分区。", "There is no zone in the file."),
    "The file has no column for {x}; it has: {y}. Say it with --map {z}=COLUMN.": (
        "文件没有 {z} 字段；有：{y}。请改字段名后再试。", "The file has no column {z}; it has: {y}. Rename the column and try again."),
    "{file} has {n} layers ({x}); name one with --layer.": (
        "{file} 有 {n} 个图层（{x}），请只留一个，或命名为“警格”和“网格”。",
        "{file} has {n} layers ({x}); keep one, or name them beats and cells."),
    "{file} holds {n} data sets ({x}); name one with --layer.": (
        "{file} 有 {n} 个数据集（{x}），请只留一个。", "{file} holds {n} data sets ({x}); keep one."),
    "a code has 1 to 64 letters, digits or signs, without spaces and none of {x} (--map code=… names another column, "
    "--make-codes makes codes)": (
        "编码须为 1 至 64 个字母、数字或符号，不能有空格和 {x}", "a code has 1 to 64 letters, digits or signs, without spaces and none of {x}"),
    "the code stands already on {x} {n}": ("编码与第 {n} 项重复", "the code stands already on {x} {n}"),
    "code is empty": ("没有编码", "the code is empty"),
    "no polygon": ("没有面", "no polygon"),
    "the shape is no polygon": ("不是面", "the shape is no polygon"),
    "coordinates that are no finite numbers": ("坐标不是有限数", "coordinates that are no finite numbers"),
    "the outline crosses itself at {x}, {y}": ("轮廓在 {x}, {y} 自交", "the outline crosses itself at {x}, {y}"),
    "the zones were taken for grid cells, because each names a beat of the draft": (
        "每个分区都写有草案中的警格，按网格读入。", "The zones were taken for grid cells, because each names a beat of the draft."),
    "cells name beats that are not there: {x}": ("网格所写的警格不存在：{x}", "Cells name beats that are not there: {x}"),
    "{n} grid cells were given the beat they overlap most": (
        "{n} 个网格按重叠最多归入警格", "{n} grid cells were given the beat they overlap most"),
    "of these, {n} lie in several beats: {x}": ("其中 {n} 个跨多个警格：{x}", "Of these, {n} lie in several beats: {x}"),
    "{n} grid cells overlap no beat: {x}": ("{n} 个网格不在任何警格内：{x}", "{n} grid cells overlap no beat: {x}"),
}  # fmt: skip


def sentences(*, zh: bool) -> dict[str, str]:
    """Return the sentences for the page, in Chinese or in English."""
    return {told: words[0 if zh else 1] for told, words in SENTENCES.items()}
