"""Keep proposals, list them, and open one of their options as a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy.orm import Session

from gridmap.errors import Conflict
from gridmap.services import drafts
from gridmap.services import editions as edition_service
from gridmap.services.proposals.make import Made
from gridmap.services.proposals.pieces import dissolved, squares_of
from gridmap.services.proposals.wishes import PlanWishes, from_kept
from gridmap.store import audit, editions, frames
from gridmap.store import proposals as store
from gridmap.store.frames import STORAGE_CRS
from gridmap.store.proposals import ProposalNotFound
from gridmap.store.tables import Edition, Proposal, ProposalOption


class GroundMoved(Conflict):
    """The edition a proposal was made from has other cells now than it had then."""

    slug, title = "ground-moved", "The proposal's ground has changed"


@dataclass(frozen=True, slots=True)
class Kept:
    """A proposal as it was kept: its wishes, the figures and drawing it is compared with, and its options."""

    proposal: Proposal
    wishes: PlanWishes
    present: dict[str, Any] | None
    options: Sequence[ProposalOption]

    def option(self, n: int) -> ProposalOption:
        """Return option `n`.

        Raises
        ------
        ProposalNotFound
        """
        for option in self.options:
            if option.n == n:
                return option
        told = f"proposal {self.proposal.id} has options 1 to {len(self.options)}, not {n}"
        raise ProposalNotFound(told, proposal=self.proposal.id, option=n)


def keep(session: Session, made: Made, *, by: str) -> Proposal:
    """Keep a proposal and put it on record."""
    proposal = store.add(
        session,
        made.station,
        by=by,
        base=made.base,
        synthetic=made.synthetic,
        wishes={"wishes": made.wishes.kept(), "present": made.present},
        options=[(one.figures, one.plan) for one in made.options],
    )
    after = {"base": made.base, "beats": made.wishes.beats, "options": len(made.options)}
    audit.write(session, [made.station], by=by, action="propose", thing=f"proposal {proposal.id}", after=after)
    return proposal


def find(session: Session, station: str, number: int) -> Kept:
    """Return a proposal of a station with its options; two queries.

    Raises
    ------
    ProposalNotFound
    """
    proposal = store.find(session, station, number)
    told = proposal.wishes
    return Kept(proposal, from_kept(told["wishes"]), told["present"], store.options(session, proposal))


def open_option(session: Session, station: str, number: int, n: int, *, by: str, note: str = "") -> Edition:
    """Open option `n` of a proposal as a draft: its beats exact unions of their units, an event that can be undone.

    Cells keep their ground and get their beat. Of squares a draft of beats alone is made: they cut through cells.

    Raises
    ------
    ProposalNotFound
    GroundMoved
        If the edition it was made from was a draft that has been changed since.
    """
    kept = find(session, station, number)
    option = kept.option(n)
    beats, cells = _zones(session, kept, option)
    words = note or f"proposal {number}, option {n}"
    draft = edition_service.open_draft(session, station, by=by, base=kept.proposal.base, note=words)
    drafts.replace(session, draft, beats, cells, by=by, action="propose", note=words)
    store.set_opened(session, option, draft.number)
    return draft


def _zones(session: Session, kept: Kept, option: ProposalOption) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the beats and cells that an option is."""
    station, plan = kept.proposal.station, option.plan
    base = None if kept.proposal.base is None else editions.find(session, station, kept.proposal.base)
    old, cells = (frames.zones(session, -1 if base is None else base.id, kind) for kind in ("beat", "grid_cell"))
    if plan["units"] == "lattice":
        place = editions.find_station(session, station)
        outline = frames.jurisdiction(session, station)
        pieces, cells = squares_of(outline, place.metric_epsg, plan["size_m"]), cells.iloc[:0]
    elif len(cells):
        pieces = cells
    else:
        pieces = frames.places(session, station)
    where = {unit: beat for beat, units in plan["beats"].items() for unit in units}
    if plan["units"] != "lattice" and len(cells) and set(cells["code"]) != set(where):
        raise _moved(kept)
    pieces = pieces[pieces["code"].isin(where)]
    if len(pieces) != len(where):
        raise _moved(kept)
    beat = pieces["code"].map(where).to_numpy(dtype=object)
    shapes = pieces.geometry.to_numpy()
    before = dict(zip(old["code"], old.geometry.to_numpy(), strict=True))
    same = _unchanged(cells, where)
    names = {row["code"]: (row["name_zh"], row["name_en"]) for row in option.figures["beats"]}
    codes = sorted(plan["beats"])
    beats = gpd.GeoDataFrame(
        {"code": codes, "name_zh": [names[one][0] for one in codes], "name_en": [names[one][1] for one in codes]},
        geometry=[before[one] if one in same else _multi(dissolved(shapes[beat == one])) for one in codes],
        crs=STORAGE_CRS,
    )
    if len(cells):
        cells = cells.assign(beat=cells["code"].map(where))
    return beats, cells


def _unchanged(cells: gpd.GeoDataFrame, where: dict[str, str]) -> set[str]:
    """Return the beats that consist of the same cells as before: they stay equal to the byte."""
    if not len(cells):
        return set()
    now = cells["code"].map(where).to_numpy(dtype=object)
    was = cells["beat"].to_numpy(dtype=object)
    changed = now != was
    return set(now) - set(now[changed]) - set(was[changed])


def _multi(shape: shapely.Geometry) -> shapely.MultiPolygon:
    parts = shapely.get_parts(np.asarray([shape], dtype=object))
    return shapely.MultiPolygon(list(parts))


def _moved(kept: Kept) -> GroundMoved:
    number = kept.proposal.id
    told = f"the cells of edition {kept.proposal.base} are not those proposal {number} was made from; propose again"
    return GroundMoved(told, proposal=number)
