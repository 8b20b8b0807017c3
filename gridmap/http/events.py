"""Server-sent events of residents' reports and of disputes: a reply that lasts and holds neither a thread nor a connection.

References
----------
WHATWG HTML, 9.2 "Server-sent events".
"""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from typing import Final

import anyio
import anyio.to_thread
import orjson
from fastapi import FastAPI, Request
from sqlalchemy.orm import Session, sessionmaker
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gridmap.errors import Forbidden, GridmapError, NotFound, NotLoggedIn, Unavailable
from gridmap.http.event_bus import EventBus, Seat
from gridmap.http.session_dep import SEAT_WAIT, TOKEN
from gridmap.services import report_feed
from gridmap.services.report_feed import NOW, Begin, Step, Watcher
from gridmap.store.driver_errors import named_errors

#: What a browser waits before it asks again [ms].
RETRY_MS: Final = 2_000
#: How often a stream looks whether it should end [s].
TICK_S: Final = 0.5
#: Longest a stream of what was missed waits for the database [s].
LONGEST_LOOK_S: Final = 10.0
#: Steps remembered so that none is told twice in one stream.
REMEMBERED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a stream says that it lives, and looks whether the watcher may still watch [s]."""

    heartbeat_s: float = 15.0
    check_s: float = 60.0
    check_again_s: float = 5.0


def bus_of(app: FastAPI) -> EventBus:
    """Return the process's bus, made when first asked for."""
    bus: EventBus | None = getattr(app.state, "report_bus", None)
    if bus is None:
        bus = app.state.report_bus = EventBus(app.state.sessions)
    return bus


def close_bus(app: FastAPI) -> None:
    """End the streams and the bus's thread when the service stops; nothing where nobody ever watched."""
    bus: EventBus | None = getattr(app.state, "report_bus", None)
    if bus is not None:
        bus.close()


class EventStream(Response):
    """The steps of a station's reports and disputes as they happen, until the reader goes, may no more, or `lasts_s` is over."""

    media_type = "text/event-stream"

    def __init__(
        self, request: Request, watcher: Watcher, station: str, *, begin: Begin = NOW, lasts_s: float | None = None
    ) -> None:
        """Begin after the events of `begin`, or with what happens from now on."""
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        state = request.app.state
        self._bus = bus_of(request.app)
        self._sessions: sessionmaker[Session] = state.sessions
        self._seats: anyio.Semaphore = state.seats
        self._rhythm: Rhythm = getattr(state, "event_rhythm", None) or Rhythm()
        token = request.session.get(TOKEN)
        self._token = token if isinstance(token, str) else None
        self._watcher, self._station, self._begin, self._lasts_s = watcher, station, begin, lasts_s
        self._told: dict[str, None] = {}

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; the reader's going ends it at once."""
        seat = self._bus.join(self._station, self._watcher.actor.login)
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            over = False
            async with anyio.create_task_group() as group:
                group.start_soon(self._until_gone, receive, group.cancel_scope)
                await self._run(seat, send)
                over = True
                group.cancel_scope.cancel()
        finally:
            self._bus.leave(seat)
        if over:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _until_gone(self, receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    async def _run(self, seat: Seat, send: Send) -> None:
        began = said = checked = time.monotonic()
        await _write(send, f"retry: {RETRY_MS}\n\n")
        caught_up = False
        while not self._ends(seat, began):
            now = time.monotonic()
            if not caught_up and seat.heard.is_set():
                caught_up = await self._catch_up(send)
            if now - checked > self._rhythm.check_s:
                if not await self._may_still(send):
                    return
                checked = now
            if now - said > self._rhythm.heartbeat_s:
                await _write(send, ":\n\n")
                said = now
            if not caught_up:
                with anyio.move_on_after(TICK_S):
                    await seat.heard.wait()
            elif (step := await _next(seat, TICK_S)) is not None:
                await self._tell(send, step)
            elif self._lasts_s == 0:
                return

    def _ends(self, seat: Seat, began: float) -> bool:
        """Return whether it is over: the time, the service, or the queue of a reader who was too slow for it."""
        over = self._lasts_s is not None and time.monotonic() - began > (self._lasts_s or LONGEST_LOOK_S)
        return over or self._bus.closed or _server_stops() or (seat.missed and seat.queue.empty())

    async def _tell(self, send: Send, step: Step) -> None:
        told = self._watcher.told(step)
        if told is None or told[0] in self._told:
            return
        number, event, content = told
        self._told[number] = None
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]
        await _write(send, f"id: {number}\nevent: {event}\ndata: {orjson.dumps(content).decode()}\n\n")

    async def _catch_up(self, send: Send) -> bool:
        """Tell what was missed; return whether that could be read."""
        if self._begin == NOW:
            return True
        try:
            _, steps = await self._read(self._begin)
        except GridmapError:
            await anyio.sleep(TICK_S)
            return False
        for step in steps:
            await self._tell(send, step)
        return True

    async def _may_still(self, send: Send) -> bool:
        """Look whether the watcher may still watch, and what; without the database nothing is told, so they may wait."""
        while not (self._bus.closed or _server_stops()):
            try:
                self._watcher, _ = await self._read(NOW)
            except (NotLoggedIn, Forbidden, NotFound) as error:
                await _write(send, f"event: end\ndata: {orjson.dumps({'why': error.slug}).decode()}\n\n")
                return False
            except GridmapError:
                await _write(send, ":\n\n")
                await anyio.sleep(self._rhythm.check_again_s)
            else:
                return True
        return False

    async def _read(self, begin: Begin) -> tuple[Watcher, list[Step]]:
        """Read who watches and, after events, what was missed: one short transaction on a thread that is lent."""

        def read() -> tuple[Watcher, list[Step]]:
            with named_errors(), self._sessions.begin() as session:
                watcher = report_feed.watcher(session, self._token, self._station, self._watcher.kinds)
                return watcher, report_feed.missed(session, self._station, begin)

        try:
            with anyio.fail_after(SEAT_WAIT):
                await self._seats.acquire()
        except TimeoutError:
            raise StreamLater("every connection to the database is taken") from None
        try:
            return await anyio.to_thread.run_sync(read)
        finally:
            self._seats.release()


class StreamLater(Unavailable):
    """A stream could not look just now; it looks again by itself."""

    slug, title = "stream-later", "The stream looks again in a moment"


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _next(seat: Seat, seconds: float) -> Step | None:
    with anyio.move_on_after(seconds):
        return await seat.queue.get()
    return None


def _server_stops() -> bool:
    """Return whether the server that runs us was told to stop: it waits for open replies, so they must end themselves."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return bool(getattr(server, "should_exit", False))
