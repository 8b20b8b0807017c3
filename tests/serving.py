"""An application behind a real socket of this machine, on a thread, for as long as a block lasts."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

#: How long a server may take to begin and to end on a busy machine [s]; it is never waited for in vain.
PATIENCE_S = 180


@contextmanager
def serving_app(app: ASGIApp, **wishes: object) -> Iterator[str]:
    """Serve an application that is made already, and give its address; `wishes` are uvicorn's.

    The socket is bound before the server starts and stays bound: between choosing a port and taking it, another
    process could have it.
    """
    with socket.socket() as seat:
        seat.bind(("127.0.0.1", 0))
        port = seat.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", **wishes))  # type: ignore[arg-type]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [seat]}, daemon=True)
        thread.start()
        try:
            ends = time.monotonic() + PATIENCE_S
            while not server.started:
                assert thread.is_alive(), "the server ended before it began; its log says why"
                assert time.monotonic() < ends, f"the server has not begun after {PATIENCE_S} s"
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)
