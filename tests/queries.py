"""The fixture `queries`: every statement the service sends, so that a test can say how many a request may cost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

#: Statements that find out who asks and enter their scope; every request of somebody logged in has these two.
SCOPE = ("log_in", "gridmap.stations")


class Queries(list[str]):
    """The statements sent since the last `clear()`."""

    @property
    def beyond_scope(self) -> list[str]:
        """The statements that were not needed to find out who asks."""
        return [statement for statement in self if not any(word in statement for word in SCOPE)]


@pytest.fixture
def queries(app_sessions: sessionmaker[Session]) -> Iterator[Queries]:
    """Return the statements of the service's engine, as they are sent."""
    sent = Queries()
    engine = app_sessions.kw["bind"]

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)
