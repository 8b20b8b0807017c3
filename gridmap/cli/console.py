"""What every command is handed: the settings, and sessions on the database they name."""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import click
from pydantic import SecretStr, ValidationError
from sqlalchemy.orm import Session, sessionmaker

from gridmap.errors import Invalid
from gridmap.services.sealing import Sealer, SealKeyNotValid
from gridmap.settings import Settings
from gridmap.store import cluster as clusters
from gridmap.store import databases
from gridmap.store.cluster_folder import run_folder
from gridmap.store.engine import APP_ROLE, let_log_in, make_engine, make_sessions


class SettingNotValid(Invalid):
    """A GRIDMAP_ variable holds something the setting cannot be."""

    slug, title = "setting-not-valid", "A setting is not valid"


def read_settings() -> Settings:
    """Return the settings from the environment.

    Raises
    ------
    SettingNotValid
        If a variable cannot be read; the detail names each and says what it should be.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"GRIDMAP_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise SettingNotValid(f"{faults}. The README lists every setting.") from error


class Console:
    """The settings and the database of one command; nothing is opened before it is asked for."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or read_settings()

    @property
    def cluster(self) -> clusters.Cluster:
        """gridmap's own cluster, where no other database is set."""
        return clusters.describe(self.settings.data)

    @cached_property
    def database_url(self) -> str:
        """The URL of the database, its server running: gridmap's own cluster is started if need be."""
        if self.settings.database_url is None:
            return clusters.ensure(self.cluster)
        databases.require(self.settings.database_url)
        return self.settings.database_url

    @cached_property
    def sessions(self) -> sessionmaker[Session]:
        """The owner's session factory: the command line sees every station."""
        return make_sessions(make_engine(self.database_url, name="gridmap-cli"))

    def forget_database(self) -> None:
        """Let go of the database, so that the next use opens it anew."""
        if "sessions" in self.__dict__:
            self.sessions.kw["bind"].dispose()
            del self.sessions
        self.__dict__.pop("database_url", None)

    @property
    def folder(self) -> Path:
        """The data folder, whether it is there yet or not."""
        return self.settings.data or clusters.default_folder()

    def kept(self, name: str, make: Callable[[], str]) -> str:
        """Return the secret kept under `name` in the data folder, made by `make` at first; only its owner may read it."""
        folder = self.folder
        path = folder / name
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            made = folder / f".{name}.{os.getpid()}"
            made.touch(0o600)
            made.write_text(make(), encoding="utf-8")
            with contextlib.suppress(FileExistsError):  # of two at once, the first one's stays
                path.hardlink_to(made)
            made.unlink()
        return path.read_text(encoding="utf-8")

    @property
    def service_settings(self) -> Settings:
        """The settings the service runs with: the database found, and a key for cookies that outlasts a restart."""
        return self.settings.model_copy(update={"database_url": self.open_for_service(), **self.keys})

    @property
    def keys(self) -> dict[str, SecretStr]:
        """The service's keys by the names of their settings; those not set outlast a restart in the data folder.

        Raises
        ------
        SealKeyNotValid
            If the key that seals is not 32 bytes in base64.
        """
        secret = self.settings.secret or SecretStr(self.kept("secret", lambda: secrets.token_urlsafe(48)))
        self.sealer  # noqa: B018 -- to tell now, not with the first report, that the key is none
        return {"secret": secret, "seal_key": SecretStr(self._seal_key())}

    @property
    def sealer(self) -> Sealer:
        """What seals and opens with the service's key.

        Raises
        ------
        SealKeyNotValid
            If the key is not 32 bytes in base64.
        """
        try:
            return Sealer(b64decode(self._seal_key(), validate=True))
        except ValueError:
            raise SealKeyNotValid("GRIDMAP_SEAL_KEY is 32 bytes in base64: openssl rand -base64 32") from None

    def _seal_key(self) -> str:
        if self.settings.seal_key is not None:
            return self.settings.seal_key.get_secret_value()
        return self.kept("seal-key", lambda: b64encode(secrets.token_bytes(32)).decode())

    @property
    def service_address(self) -> str:
        """The address under which the service logs in, whether the database is there or not; nothing is asked."""
        if self.settings.database_url is not None:
            return self.settings.database_url
        place = self.folder.expanduser().absolute()
        return clusters.url_at(run_folder(place), APP_ROLE)

    def open_for_service(self) -> str:
        """Return the address under which the service logs in: in gridmap's own cluster as `gridmap_app` itself.

        The database runs then, and lets the service in.
        """
        if self.settings.database_url is not None:
            return self.database_url
        with self.sessions.begin() as session:
            let_log_in(session)
        return self.service_address

    @property
    def person(self) -> str:
        """Who gives the command, for editions and the audit: the operating system's user."""
        try:
            return f"{getpass.getuser()}@console"
        except (KeyError, OSError):
            return "console"


pass_console = click.make_pass_decorator(Console)
