"""Made-up teams as JSON, at random or by hand, and who answers for a pair of zones told straight from the definition."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

MINUTE, DAYS = 60, 14
BEATS, CELLS = ("A", "B", "C"), ("A1", "B1")
PAIRS = [("A", "A1"), ("B", "B1"), ("A", None), ("C", "A1"), (None, "B1"), (None, None), ("gone", "gone")]
PEOPLE = tuple(f"P{n}" for n in range(6))
STAFF = ("officer", "auxiliary")

#: Zone and first day of a fortnight: without a change of clocks; back and forth; and both of them at midnight.
FORTNIGHTS = [
    ("Asia/Shanghai", date(2026, 10, 19)), ("Europe/Berlin", date(2026, 10, 19)), ("Europe/Berlin", date(2026, 3, 23)),
    ("Asia/Beirut", date(2026, 10, 19)), ("Asia/Beirut", date(2026, 3, 23)),
]  # fmt: skip


def local(zone, day, hour=0, minute=0):
    """Return a local time of a zone as epoch seconds."""
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone)).timestamp())


def team(zone="Asia/Shanghai", first=date(2026, 10, 19), **parts):
    """Return the JSON of a team: a fortnight from `first`, six people without a number, and what is given."""
    return {
        "station": {
            "code": "990001000000", "name_zh": "站", "name_en": "Station", "desk_phone": "0000-5550000", "timezone": zone,
            "synthetic": True, "published": ["names"], "languages": ["zh", "en"],
        },
        "edition": 1, "published_at": "2026-10-01T00:00:00+00:00",
        "since": local(zone, first), "until": local(zone, first + timedelta(days=DAYS)),
        "zones": {"beat": {beat: [beat, beat] for beat in BEATS}, "grid_cell": {cell: [cell, cell] for cell in CELLS}},
        "neighbours": {"A": ["B", "C"], "B": ["A"], "C": ["B", "A"]},
        "people": {who: {"name": who, "name_en": who, "badge": "", "phone": None, "office": "", "photo": ""} for who in PEOPLE},
        "posts": [], "shifts": [], "leave": [], "rostered": True, "notices": [],
    } | parts  # fmt: skip


@st.composite
def teams(draw):
    """Draw a team: postings that begin and end, shifts of every kind, leave with chains of substitutes, neighbours."""
    zone, first = draw(st.sampled_from(FORTNIGHTS))
    day = st.integers(-1, DAYS + 1).map(lambda n: (first + timedelta(days=n)).isoformat())
    somebody, start = st.sampled_from(PEOPLE), local(zone, first)
    days = st.one_of(
        st.just((None, None)), st.tuples(day, st.none()), st.tuples(day, day).filter(lambda two: two[0] < two[1])
    )
    at = st.one_of(
        st.sampled_from([("A", None), ("A", None), ("B", None), ("C", None), (None, None)]),
        st.sampled_from([(None, "A1"), (None, "B1")]),
    )
    role = st.sampled_from(("officer", "officer", "auxiliary", "grid_member", "property_manager", "volunteer"))
    posts = draw(st.lists(st.tuples(somebody, role, at, days), max_size=10))
    span = st.tuples(st.integers(-1440, (DAYS + 1) * 1440), st.integers(1, 4000))
    where = st.sampled_from([None, None, ["A"], ["B", "C"], ["*"], ["gone"]])
    rostered = draw(st.booleans())
    shifts = draw(st.lists(st.tuples(somebody, span, where), max_size=12)) if rostered else []
    leave = draw(st.dictionaries(somebody, st.tuples(days, st.one_of(st.none(), somebody)), max_size=4))
    return team(
        zone,
        first,
        posts=[[who, role, *place, *span] for who, role, place, span in posts],
        shifts=[
            [who, start + begin * MINUTE, start + (begin + long) * MINUTE, beats]
            for who, (begin, long), beats in shifts
        ],
        leave=[[who, *span, instead if instead != who else None] for who, (span, instead) in leave.items()],
        neighbours={
            beat: draw(st.lists(st.sampled_from(BEATS), unique=True).map(lambda near, own=beat: [b for b in near if b != own]))
            for beat in BEATS
        },
        rostered=rostered,
    )  # fmt: skip


class Told:
    """Who answers at one moment, from the JSON and the definition alone: slow, and nothing is kept."""

    def __init__(self, raw, at):
        self.raw = raw
        self.day = datetime.fromtimestamp(at, ZoneInfo(raw["station"]["timezone"])).date().isoformat()
        self.on_shift = [(who, beats) for who, start, end, beats in raw["shifts"] if start <= at < end]
        self.posts = [row[:4] for row in raw["posts"] if self.today(*row[4:])]
        self.away = {who: instead for who, since, until, instead in raw["leave"] if self.today(since, until)}

    def today(self, since, until):
        return (since or "0") <= self.day < (until or "9")

    def there(self, who):
        """Return who is there for somebody: the person, who stands in, or nobody."""
        if who not in self.away:
            return who
        return None if self.away[who] in self.away else self.away[who]

    def posted(self, who, role, beat):
        return [who, role, beat, None] in self.posts

    def staff(self, who):
        """Return the roles of officer and auxiliary that somebody has today anywhere, the officer's first."""
        return [role for role in STAFF if any(row[:2] == [who, role] for row in self.posts)]

    def covers(self, who, beat):
        """Return whether somebody's own shift of now (where none are kept: their posting) is for a beat."""
        at_home = any(self.posted(who, role, place) for role in STAFF for place in (beat, None))
        if not self.raw["rostered"]:
            return at_home
        return bool(self.staff(who)) and any(
            at_home if beats is None else beat in beats or "*" in beats
            for owner, beats in self.on_shift
            if owner == who
        )

    def own(self, beat):
        """Return {person: (rank, role, via)} of the best of ranks 1 to 3 for a beat."""
        found = []
        stand_in = {self.there(who) for who in self.away if self.posted(who, "officer", beat)}
        for who in PEOPLE:
            if not self.covers(who, beat) or self.there(who) is None:
                continue
            if self.posted(who, "officer", beat):
                role, rank = "officer", 1 if who not in self.away else 2
            else:
                role, rank = "auxiliary" if self.posted(who, "auxiliary", beat) else self.staff(who)[0], 3
            if rank == 3 and self.there(who) in stand_in:
                role, rank = "officer", 2
            if rank == 1:
                via = "duty" if self.raw["rostered"] else "posting"
            else:
                via = "team" if rank == 3 and who not in self.away else "substitute"
            found.append((rank, via == "substitute", STAFF.index(role), self.there(who), role, via))
        told = {}
        for rank, _, _, who, role, via in sorted(found):
            if rank == min(found)[0]:
                told.setdefault(who, (rank, role, via))
        return told

    def officers(self, beat):
        """Return {person: (rank, role, via)} of the best of ranks 1 to 4 for a beat."""
        if beat is None:
            return {}
        if self.own(beat):
            return self.own(beat)
        for near in self.raw["neighbours"].get(beat, []):
            found = [who for who, (_, role, _) in self.own(near).items() if role == "officer"]
            if found:
                return dict.fromkeys(found, (4, "officer", "neighbour"))
        return {}

    def beside(self, beat, cell):
        """Yield (rank, role, person, via) of grid members, managers and volunteers."""
        for rank, role in enumerate(("grid_member", "property_manager", "volunteer"), 5):
            found = {}
            for who in PEOPLE:
                zones = [(None, cell)] if role == "grid_member" else [(None, cell), (beat, None)]
                if not any([who, role, *zone] in self.posts for zone in zones if zone != (None, None)):
                    continue
                kept = any(row[0] == who for row in self.raw["shifts"])
                now = any(
                    beats is None or beat in beats or "*" in beats for owner, beats in self.on_shift if owner == who
                )
                if self.there(who) is not None and (now or not kept):
                    via = ("duty" if kept else "posting") if who not in self.away else "substitute"
                    found.setdefault(self.there(who), set()).add(via)
            for who in sorted(found):
                yield rank, role, who, min(found[who], key=lambda via: via == "substitute")

    def reached(self, beat, cell):
        """Return everybody who is reached, the desk last."""
        officers = sorted(
            (rank, STAFF.index(role), who, role, via) for who, (rank, role, via) in self.officers(beat).items()
        )
        return [
            *((rank, role, who, via) for rank, _, who, role, via in officers),
            *self.beside(beat, cell),
            (9, "duty_desk", None, "desk"),
        ]
