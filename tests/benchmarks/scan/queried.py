"""What most would write: FastAPI, a pydantic answer, asyncpg, and one query a scan; by an indexed join or by geometry.

The database is the one that PGHOST, PGPORT, PGUSER and PGDATABASE name; it holds the tables of `peers.TABLES`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

JOINED = """
SELECT p.code, p.street, p.number_tail, p.village, p.beat, p.cell, o.name, o.phone, o.office, p.desk_phone
FROM peer.plate p JOIN peer.person o ON o.id = p.person_id WHERE p.code = $1
"""
WITHIN = """
SELECT p.code, p.street, p.number_tail, p.village, c.beat, c.code AS cell, o.name, o.phone, o.office, p.desk_phone
FROM peer.plate p JOIN peer.cell c ON ST_Contains(c.geom, p.geom) JOIN peer.person o ON o.id = c.person_id WHERE p.code = $1
"""


class Answer(BaseModel):
    """Who answers for a plate."""

    code: str
    street: str
    number_tail: str
    village: str
    beat: str
    cell: str
    name: str
    phone: str | None
    office: str
    desk_phone: str
    at: datetime


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(min_size=10, max_size=10) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_lifespan)


async def _ask(query: str, code: str) -> Answer:
    row = await app.state.pool.fetchrow(query, code)
    if row is None:
        raise HTTPException(404)
    return Answer(**row, at=datetime.now(UTC))


@app.get("/joined/{code}")
async def joined(code: str) -> Answer:
    """Answer from a table in which each plate names its officer."""
    return await _ask(JOINED, code)


@app.get("/within/{code}")
async def within(code: str) -> Answer:
    """Find the cell that holds the plate's point first."""
    return await _ask(WITHIN, code)
