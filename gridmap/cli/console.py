"""What every command is handed: the settings, and sessions on the database they name."""

from __future__ import annotations

import getpass
from functools import cached_property

import click
from sqlalchemy.orm import Session, sessionmaker

from gridmap.settings import Settings
from gridmap.store import cluster as clusters
from gridmap.store import databases
from gridmap.store.engine import make_engine, make_sessions


class Console:
    """The settings and the database of one command; nothing is opened before it is asked for."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()

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

    @property
    def person(self) -> str:
        """Who gives the command, for editions and the audit: the operating system's user."""
        try:
            return f"{getpass.getuser()}@console"
        except (KeyError, OSError):
            return "console"


pass_console = click.make_pass_decorator(Console)
