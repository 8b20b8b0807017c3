"""What a resident typed into a form, read once and bounded; nothing of it is believed yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

#: Fields a form may have, and files: one more than are kept, so that somebody who picks four is told.
MOST_FIELDS: Final = 30
MOST_FILES: Final = 10
#: No field is longer than this; the texts' own limits are smaller and told by name [characters].
LONGEST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields by name, trimmed, without control characters, and the files that were picked."""

    fields: Mapping[str, str]
    files: tuple[bytes, ...] = ()

    def __getitem__(self, name: str) -> str:
        """Return a field, "" where it is missing."""
        return self.fields.get(name, "")


async def read_typed(request: Request) -> Typed:
    """Return what a form holds; a body that is no form holds nothing."""
    async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS) as form:
        fields, files = {}, []
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                data = await value.read()
                if data or value.filename:
                    files.append(data)
            else:
                fields[name] = clean(value)
    return Typed(fields, tuple(files))


def clean(text: str) -> str:
    r"""Return a text trimmed, its lines ended alike, without control characters and halves of pairs.

    >>> clean(" one\r\ntwo\x00\ud800 ")
    'one\ntwo'
    """
    lines = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign in "\n\t\u3000\u00a0" or sign.isprintable()).strip()


TypedDep = Annotated[Typed, Depends(read_typed)]
