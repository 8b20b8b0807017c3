"""What web hooks and mailboxes are to be told of a dispute's step, written with the step; plain SQL.

It tells what and where, never who: no address, no word of the dispute, no party. What staff write to a group (`told` with
groups) is written to be told, and goes out as it is.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

#: A hook with groups hears of the kinds and marks its station's loop names for one of them, and what is written to it.
MADE_HOOKS: Final = """
    SELECT e.station, h.id AS hook_id, n.event, jsonb_build_object(
      'station', e.station, 'event', n.event, 'at', e.at, 'dispute', d.id, 'number', d.number, 'matter', d.matter,
      'kind', d.kind, 'grade', d.grade, 'marks', to_jsonb(d.marks), 'state', e.after, 'tier', e.tier, 'due_at', e.due_at,
      'beat', d.beat, 'grid_cell', d.grid_cell, 'synthetic', s.synthetic)
      || CASE WHEN e.facts ->> 'why' IN ('review', 'visit') THEN jsonb_build_object('why', e.facts ->> 'why')
              ELSE jsonb_build_object() END
      || CASE WHEN n.groups IS NULL THEN jsonb_build_object()
              ELSE jsonb_build_object('groups', n.groups, 'message', e.note) END AS body
    FROM dispute_event e
    JOIN dispute d ON d.id = e.dispute_id
    JOIN station s ON s.code = e.station
    JOIN loop l ON l.code = s.loop
    CROSS JOIN LATERAL (SELECT CASE WHEN e.what = 'told' THEN e.facts -> 'groups' END AS groups) AS t
    CROSS JOIN LATERAL (SELECT t.groups, CASE WHEN t.groups IS NULL THEN 'dispute_' || e.what ELSE 'group_message' END
                        AS event) AS n
    JOIN web_hook h ON h.station = e.station AND h.active AND n.event = ANY (h.events)
    WHERE e.id = :event AND (
      h.groups = '{}' OR n.groups ?| h.groups
      OR n.groups IS NULL AND EXISTS (SELECT FROM unnest(h.groups) AS g (code)
        WHERE l.rules -> 'group_kinds' -> g.code ?| (ARRAY[d.kind] || d.marks)))"""
_HOOKS: Final = text(f"INSERT INTO web_hook_delivery (station, hook_id, event, body) {MADE_HOOKS}")

#: Who holds a body's disputes: its mediators; those of the desk, the officers on duty, all where nobody is.
MEMBERS: Final = """
    a.person_id IN (SELECT m.person_id FROM mediator m WHERE m.station = {station} AND m.body = ANY ({bodies}) AND m.active)
    OR 'desk' = ANY ({bodies}) AND a.role = 'officer' AND (
      a.person_id IN (SELECT sh.person_id FROM shift sh WHERE sh.station = {station} AND sh.during @> now())
      OR NOT EXISTS (SELECT FROM shift sh JOIN account x ON x.person_id = sh.person_id
                     WHERE sh.station = {station} AND sh.during @> now() AND x.active AND x.email IS NOT NULL
                       AND x.role = 'officer'))"""
#: `:mail` and `:whom` as `note_mails` says.
MADE_MAILS: Final = f"""
    SELECT e.station, a.id AS account_id, CAST(:mail AS text) AS event, jsonb_build_object(
      'dispute', d.id, 'number', d.number, 'matter', d.matter, 'kind_zh', k.name_zh, 'kind_en', k.name_en, 'tier', e.tier,
      'state', e.after, 'due_at', e.due_at, 'timezone', s.timezone, 'synthetic', s.synthetic) AS body
    FROM dispute_event e
    JOIN dispute d ON d.id = e.dispute_id
    JOIN station s ON s.code = e.station
    JOIN incident_category k ON k.code = d.kind
    CROSS JOIN LATERAL (
      SELECT CASE :whom WHEN 'holder' THEN e.holder_id WHEN 'offered' THEN e.offered_id END AS person,
             CASE :whom WHEN 'holder' THEN ARRAY[e.body] WHEN 'offered' THEN ARRAY[e.offered_body]
                  ELSE ARRAY(SELECT jsonb_array_elements_text(e.facts -> 'bodies')) END AS bodies) AS w
    JOIN account a ON a.active AND a.email IS NOT NULL AND a.login <> e.by
      AND a.role IN ('officer', 'grid_member', 'mediator', 'commander')
      AND EXISTS (SELECT FROM account_station r WHERE r.account_id = a.id AND r.station = e.station)
    WHERE e.id = :event AND (a.person_id = w.person OR {MEMBERS.format(station="e.station", bodies="w.bodies")})"""
_MAILS: Final = text(f"INSERT INTO mail (station, account_id, event, body) {MADE_MAILS}")


def note_hooks(session: Session, event: int) -> None:
    """Write a message for each web hook that wants a step of a dispute; one statement."""
    session.execute(_HOOKS, {"event": event})


def note_mails(session: Session, event: int, mail: str, whom: str) -> None:
    """Write a mail for everybody with an address whom a step concerns, but who took it; one statement.

    `whom`: "holder" and "offered" as the step leaves them, "bodies": those asked to a joint mediation.
    """
    session.execute(_MAILS, {"event": event, "mail": mail, "whom": whom})
