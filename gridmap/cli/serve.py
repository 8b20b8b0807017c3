"""`gridmap serve`: the service."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import NoReturn

import click

from gridmap.cli.console import Console, pass_console


@click.command()
@click.option("--host", help="Address to listen on; GRIDMAP_HOST where none is given.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; GRIDMAP_PORT where none is given.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="How many processes answer.")
@click.option("--public", is_flag=True, help="Serve residents alone: for the network outside; staff have no way in.")
@pass_console
def serve(console: Console, host: str | None, port: int | None, workers: int, public: bool) -> None:
    """Serve the pages and the API until stopped."""
    if public:
        _become_public(console, host or console.settings.host, port or console.settings.port, workers)
    if workers == 1:
        run(console, host=host, port=port)
        return
    import uvicorn  # noqa: PLC0415  (only commands that serve need it)

    _hand_on(console)
    uvicorn.run(
        "gridmap.worker:everything",
        factory=True,
        workers=workers,
        host=host or console.settings.host,
        port=port or console.settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


def _become_public(console: Console, host: str, port: int, workers: int) -> NoReturn:
    """Become the service for residents: another program in this process, without all that a command loads.

    No database is asked for: whoever scans is answered from the snapshot, whether there is a database or not.
    """
    environment = dict(os.environ)
    for name, key in console.keys.items():
        environment[f"GRIDMAP_{name.upper()}"] = key.get_secret_value()
    # In gridmap's own cluster the service is another role than the keeper beside it, so that is told apart from settings.
    own = [] if console.settings.database_url is not None else [console.service_address]
    sys.stdout.flush()
    sys.stderr.flush()
    words = [sys.executable, "-m", "gridmap.worker", host, str(port), str(workers), *own]
    os.execve(sys.executable, words, environment)  # noqa: S606 -- our own module, no shell


def _hand_on(console: Console) -> None:
    """Put the settings that this command found into the environment of the workers."""
    settings = console.service_settings
    for name in ("database_url", "secret", "seal_key"):
        value = getattr(settings, name)
        if value is not None:
            os.environ[f"GRIDMAP_{name.upper()}"] = getattr(value, "get_secret_value", lambda found=value: str(found))()


def run(
    console: Console,
    *,
    host: str | None = None,
    port: int | None = None,
    demo: Sequence[tuple[str, str]] = (),
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve on the database of `console`; returns when stopped.

    `demo`: log-ins and passwords the log-in page shows. `ready`: called when only the listening is left to do.
    """
    import uvicorn  # noqa: PLC0415  (the service's libraries take a second to load; other commands go without)

    from gridmap.app import create_app  # noqa: PLC0415
    from gridmap.geo.warm import compile_kernels  # noqa: PLC0415
    from gridmap.worker import settle  # noqa: PLC0415

    settings = console.service_settings
    app = create_app(settings)
    app.state.demo_log_ins = list(demo)
    # Machine code that is kept still takes a second to load: nobody waits for it who comes later than that.
    threading.Thread(target=compile_kernels, name="gridmap-warm", daemon=True).start()
    settle()
    ready()
    uvicorn.run(
        app,
        host=host or settings.host,
        port=port or settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
