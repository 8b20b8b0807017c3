"""The collections there are: names, columns with types, who may see them, and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from gridmap.domain.access import Action, Actor
from gridmap.errors import NotFound
from gridmap.store.tables.analyses import FACILITY_KINDS

Kind = Literal["string", "integer", "number", "boolean", "date-time", "date"]


class CollectionNotFound(NotFound):
    """There is no such collection, or it is not for this person's role: the two are told alike."""

    slug, title = "collection-not-found", "No such collection"


class FeatureNotFound(NotFound):
    """The collection has no feature of this id in the person's scope."""

    slug, title = "feature-not-found", "No such feature"


@dataclass(frozen=True, slots=True)
class Column:
    """A property of every feature of a collection; each may be asked for by its value."""

    name: str
    kind: Kind
    title: str
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """A layer as GIS programs see it.

    `shape`: the GeoJSON type of its geometries. `data`: the kinds of `data_version` it is made of. `time`: the property
    that `datetime` compares ("" where every feature holds at all times). `look`: what the audit says was looked at.
    `computed`: worked out on request, not stored; `tiled`: also to be had as vector tiles.
    """

    name: str
    title: str
    about: str
    action: Action
    shape: Literal["Point", "MultiPolygon", "Polygon", "Geometry"]
    columns: tuple[Column, ...]
    data: tuple[str, ...]
    time: str = ""
    look: str = ""
    computed: bool = False
    tiled: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of its properties, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column | None:
        """Return the property of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


CODE: Final = Column("code", "string", "代码 · code")
NAMES: Final = (
    Column("name_zh", "string", "名称 · name in Chinese"),
    Column("name_en", "string", "英文名称 · name in English"),
)
STATION: Final = Column("station", "string", "派出所 · code of the police station")
ZONE: Final = (
    STATION,
    Column("edition", "integer", "版次 · number of the edition in force"),
    Column("in_force_since", "date-time", "生效时间 · since when the edition is in force"),
)
GAP_KINDS: Final = (
    "no_beat", "no_cell", "overlap", "door_no_cell", "door_no_beat", "door_no_plate", "beat_no_officer",
    "cell_no_member", "posting_ended", "leave_no_substitute",
)  # fmt: skip
CLASSES: Final = ("hot99", "hot95", "not_significant", "cold95", "cold99", "too_few")

COLLECTIONS: Final = (
    Collection(
        "beats", "警格 · Beats",
        "Beats of the edition in force; each has one or more officers who answer for it. 现行版次的警格。",
        Action.READ_ZONES, "MultiPolygon", (CODE, *NAMES, *ZONE), ("edition",), "in_force_since", tiled=True,
    ),
    Collection(
        "cells", "网格 · Grid cells",
        "Grid cells of the edition in force, each within one beat. 现行版次的网格。",
        Action.READ_ZONES, "MultiPolygon",
        (CODE, *NAMES, Column("beat", "string", "所属警格 · code of its beat"), *ZONE), ("edition",), "in_force_since",
        tiled=True,
    ),
    Collection(
        "villages", "村(社区) · Villages", "Villages and communities. 村、社区。",
        Action.READ_ZONES, "MultiPolygon",
        (CODE, *NAMES, Column("town", "string", "上级 · code of the town it is in"), STATION), ("ground",),
    ),
    Collection(
        "gaps", "服务空白 · Coverage gaps",
        "Ground, doors and zones that nobody answers for today; worked out anew within a minute. 今日无人负责之处。",
        Action.READ_ANALYSES, "Geometry",
        (
            Column("kind", "string", "类型 · kind of gap", GAP_KINDS), CODE, *NAMES,
            Column("who", "string", "离岗人员 · who left or is away"),
            Column("until", "date", "至 · first day after the posting or leave"),
            Column("doors", "integer", "门牌数 · doors"), Column("households", "integer", "户数 · households"),
            Column("area_m2", "number", "面积 · area [m²], of ground only"), STATION,
        ),
        ("address", "edition", "ground", "people", "plate"), computed=True,
    ),
    Collection(
        "hotspots", "热点 · Hotspots",
        "Squares in which more (or fewer) incidents than chance explains were recorded: Getis-Ord Gi*. `datetime` is the "
        "period analysed, the last year on record where none is given. 警情热点。",
        Action.READ_ANALYSES, "Polygon",
        (
            Column("count", "integer", "警情数 · incidents in the square"), Column("z", "number", "Gi* · standard score"),
            Column("p", "number", "p 值 · one-sided p"), Column("class", "string", "类别 · class", CLASSES),
            Column("since", "date-time", "自 · first moment of the period"),
            Column("until", "date-time", "至 · end of the period"), STATION,
        ),
        ("incident",), "since", computed=True,
    ),
    Collection(
        "incidents", "警情 · Incidents", "Calls and reports with time and place; each look is on record. 警情,查询留痕。",
        Action.READ_INCIDENTS, "Point",
        (
            Column("number", "string", "编号 · number"), Column("category", "string", "类别 · code of the category"),
            Column("category_zh", "string", "类别名称 · category in Chinese"),
            Column("category_en", "string", "类别英文 · category in English"),
            Column("is_dispute", "boolean", "纠纷 · whether it is a dispute"), Column("at", "date-time", "时间 · time"),
            Column("at_until", "date-time", "最晚时间 · latest time, where only a span is known"),
            Column("source", "string", "来源 · source", ("call", "visit", "patrol", "resident", "import")), STATION,
        ),
        ("incident",), "at", "incidents", tiled=True,
    ),
    Collection(
        "doors", "门牌地址 · Doors", "Standard addresses and where their doors are; each look is on record. 标准地址。",
        Action.READ_ADDRESSES, "Point",
        (
            CODE, Column("address", "string", "地址全称 · whole address"), Column("town", "string", "乡镇街道 · town"),
            Column("village", "string", "村社区 · village"), Column("group", "string", "组 · group"),
            Column("street", "string", "街路巷 · street"), Column("number", "string", "门牌号 · house number"),
            Column("estate", "string", "小区 · estate"), Column("building", "string", "楼栋 · building"),
            Column("unit", "string", "单元 · unit"), Column("households", "integer", "户数 · households"), STATION,
        ),
        ("address",), look="addresses",
    ),
    Collection(
        "facilities", "重点部位 · Facilities", "Schools, cameras, alarms, police posts and the like. 学校、摄像头等。",
        Action.READ_ANALYSES, "Point",
        (CODE, Column("kind", "string", "类型 · kind", FACILITY_KINDS), *NAMES, STATION), ("facility",),
    ),
)  # fmt: skip


def seen_by(actor: Actor) -> tuple[Collection, ...]:
    """Return the collections that this person's role may see; the others do not exist for them."""
    return tuple(one for one in COLLECTIONS if actor.may(one.action))


def find(actor: Actor, name: str) -> Collection:
    """Return the collection called `name`.

    Raises
    ------
    CollectionNotFound
        If there is none, or the role may not see it; which of the two is not told.
    """
    for one in seen_by(actor):
        if one.name == name:
            return one
    raise CollectionNotFound("there is no such collection for you; /ogc/collections lists those there are")
