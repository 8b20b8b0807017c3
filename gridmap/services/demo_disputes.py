"""What the desk of the made-up station has before it: matters of the last weeks on their way through its loop. Made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.access import Actor, Role
from gridmap.domain.dispute_words import NOBODY, Holder, Wish
from gridmap.services.demo import UNTIL
from gridmap.services.demo_cases import Case, Script, Step
from gridmap.services.disputes import acting, opening
from gridmap.services.disputes.acting import Acted
from gridmap.services.disputes.opening import Intake

#: Every matter was opened less than so long ago [days]; sooner, where the made-up year ended only lately.
LONGEST = 51.0


def fill(session: Session, station: str, script: Script, *, now: datetime | None = None) -> list[Acted]:
    """Give the mediator's log-in a mediator of the station's loop, and take a dozen matters in and some steps on.

    None was opened in the made-up years: their figures stay as they are, on whatever day this is done.
    """
    session.execute(
        text("""UPDATE account SET person_id = (SELECT id FROM person WHERE station = :station AND code = :code)
                WHERE demo AND role = 'mediator'"""),
        {"station": station, "code": script.mediator},
    )
    actors = {str(role): _actor(session, station, role) for role in (Role.OFFICER, Role.MEDIATOR)}
    officer = actors[str(Role.OFFICER)]
    doors = session.scalars(
        text("""SELECT a.id FROM address a JOIN plate p ON p.address_id = a.id AND p.retired_at IS NULL
                JOIN assignment z ON z.plate = p.code JOIN posting o ON o.beat = z.beat AND o.station = z.station
                WHERE a.station = :station AND o.person_id = :person AND a.households > 0 AND z.beat = (
                  SELECT min(beat) FROM posting WHERE person_id = :person) ORDER BY a.id"""),
        {"station": station, "person": officer.person_id},
    ).all()
    at = now or datetime.now(UTC)
    room = max((at - UNTIL) / timedelta(days=1), 0.0)
    apart = max(len(doors) // (len(script.cases) + 1), 1)
    done, place = [], 0
    for n, case in enumerate(script.cases):
        place = place + 1 if case.near else n * apart
        opened = at - timedelta(days=min(case.days, room * (0.5 + 0.5 * case.days / LONGEST)))
        done.append(_carry(session, station, case, doors[place], actors, (opened, at)))
    return done


def _carry(
    session: Session, station: str, case: Case, door: int, actors: Mapping[str, Actor], span: tuple[datetime, datetime]
) -> Acted:
    """Take a matter in at a door and through its steps, one after the other in the time there was."""
    officer = actors[str(Role.OFFICER)]
    opened, now = span
    intake = Intake(
        case.kind, case.words, case.matter, "visit", grade=case.grade, marks=case.marks, address_id=door, opened_at=opened,
        language=case.language, to=Holder(person=officer.person_id) if case.mine else NOBODY,
    )  # fmt: skip
    done = opening.take_in(session, station, intake, by=officer.login, role=str(Role.OFFICER), now=opened)
    for place, step in enumerate(case.steps, 1):
        at = opened + (now - opened) * place / (len(case.steps) + 4)
        if step.what == "followed_up":  # on its day, if that has come
            due = done.standing.due_at
            if due is None or due > now:
                break
            at = due
        wish = _wish(step, actors, at)
        done = acting.act(session, actors[step.who], station, done.dispute, wish, version=done.version, now=at)
    return done


def _wish(step: Step, actors: Mapping[str, Actor], at: datetime) -> Wish:
    """Return what somebody wants to do."""
    to = NOBODY
    if step.to:
        mediator = actors[str(Role.MEDIATOR)]
        to = Holder(person=mediator.person_id) if step.to == "mediator" else Holder(body=step.to)
    until = at + timedelta(days=5) if step.what == "paused" else None
    return Wish(step.what, step.note, to, step.bodies, until, 5 if step.what == "followed_up" else None)


def _actor(session: Session, station: str, role: Role) -> Actor:
    """Return one of the demo's log-ins as somebody who asks."""
    row = session.execute(
        text("SELECT id, login, display_name, person_id FROM account WHERE demo AND role = :role ORDER BY id LIMIT 1"),
        {"role": str(role)},
    ).one()
    return replace(Actor(row.id, row.login, row.display_name, role, (station,)), person_id=row.person_id)
