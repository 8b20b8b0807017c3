"""The parties of disputes: references in the open, persons sealed, and links by equal prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

#: Whether two parties `p` and `o` of a station have a number in common; each of the four is found by an index.
_SAME: Final = "(o.print IN (p.print, p.id_print) OR o.id_print IN (p.print, p.id_print))"
#: The newest so many disputes with the same party are linked.
MOST_LINKS: Final = 20


@dataclass(frozen=True, slots=True)
class Party:
    """A party as everybody sees it. `kept`: whether personal data are sealed; `others`: disputes with the same number."""

    id: int
    side: int
    reference: str
    kept: bool
    others: int


def listing(session: Session, station: str, dispute: int) -> list[Party]:
    """Return the parties of a dispute, by side; one query."""
    rows = session.execute(
        text(f"""SELECT p.id, p.side, p.reference, p.sealed IS NOT NULL AS kept,
                  (SELECT count(DISTINCT o.dispute_id) FROM dispute_party o
                   WHERE o.station = p.station AND {_SAME} AND o.dispute_id <> p.dispute_id) AS others
                FROM dispute_party p WHERE p.dispute_id = :dispute AND p.station = :station ORDER BY p.side, p.id"""),
        {"dispute": dispute, "station": station},
    )
    return [Party(row.id, row.side, row.reference, row.kept, row.others) for row in rows]


def add(session: Session, station: str, dispute: int, *, side: int, reference: str) -> int:
    """Add a party without personal data and return its id."""
    return int(session.execute(
        text("""INSERT INTO dispute_party (station, dispute_id, side, reference)
                VALUES (:station, :dispute, :side, :reference) RETURNING id"""),
        {"station": station, "dispute": dispute, "side": side, "reference": reference},
    ).scalar_one())  # fmt: skip


def change(session: Session, station: str, party: int, *, side: int, reference: str) -> None:
    """Call a party otherwise, or put it on another side."""
    session.execute(
        text("UPDATE dispute_party SET side = :side, reference = :reference WHERE id = :party AND station = :station"),
        {"party": party, "station": station, "side": side, "reference": reference},
    )


def put_away(
    session: Session, station: str, party: int, sealed: bytes, prints: tuple[bytes | None, bytes | None]
) -> None:  # fmt: skip
    """Keep who a party is, sealed, with the prints of their telephone and their document."""
    session.execute(
        text("""UPDATE dispute_party SET sealed = :sealed, print = :print, id_print = :id_print
                WHERE id = :party AND station = :station"""),
        {"party": party, "station": station, "sealed": sealed, "print": prints[0], "id_print": prints[1]},
    )


def sealed(session: Session, station: str, dispute: int, party: int) -> tuple[bool, bytes | None]:
    """Return whether there is such a party of a dispute, and what is sealed of it."""
    found = session.execute(
        text("SELECT sealed FROM dispute_party WHERE id = :party AND dispute_id = :dispute AND station = :station"),
        {"party": party, "dispute": dispute, "station": station},
    ).one_or_none()
    return found is not None, None if found is None or found.sealed is None else bytes(found.sealed)


def link_same(
    session: Session, station: str, dispute: int, prints: tuple[bytes | None, bytes | None], *, by: str
) -> list[int]:
    """Link a dispute with those of its station that have a party with one of two prints; return those not linked before.

    The newest `MOST_LINKS` by the indexes on prints; a link always leads from the later dispute to the earlier.
    """
    rows = session.execute(
        text("""WITH same AS (
                  SELECT DISTINCT p.dispute_id AS other FROM dispute_party p
                  WHERE p.station = :station AND p.dispute_id <> :dispute
                    AND (p.print = ANY (CAST(:prints AS bytea[])) OR p.id_print = ANY (CAST(:prints AS bytea[])))
                  ORDER BY other DESC LIMIT :most),
                pair AS (
                  SELECT CASE WHEN after THEN d.id ELSE x.id END AS later, CASE WHEN after THEN x.id ELSE d.id END AS earlier
                  FROM same JOIN dispute d ON d.id = same.other JOIN dispute x ON x.id = :dispute,
                  LATERAL (SELECT (d.opened_at, d.id) > (x.opened_at, x.id) AS after) y)
                INSERT INTO dispute_link (dispute_id, earlier_id, station, why, by)
                SELECT later, earlier, :station, 'party', :by FROM pair
                ON CONFLICT DO NOTHING RETURNING CASE WHEN dispute_id = :dispute THEN earlier_id ELSE dispute_id END AS other"""),
        {
            "station": station,
            "prints": [one for one in prints if one is not None],
            "dispute": dispute,
            "by": by,
            "most": MOST_LINKS,
        },
    )
    return sorted(row.other for row in rows)
