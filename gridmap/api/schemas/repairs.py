"""Repairs and boundary files as the API takes and tells them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

Number = Annotated[int, Field(ge=1, le=1_000_000)]
Code = Annotated[str, Field(min_length=1, max_length=64, examples=["W001"])]


class AcceptBody(BaseModel):
    """Which repairs to carry out."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[
        str, Field(pattern="^[0-9a-f]{32}$", description="Of the list you saw; 412 where the repairs are others now.")
    ]
    accept: Annotated[
        Literal["all"] | Annotated[list[Number], Field(max_length=20_000)],
        Field(description="Numbers of repairs, or `all` that ask nothing.", examples=["all"]),
    ]
    answers: Annotated[
        dict[Annotated[str, Field(pattern="^[1-9][0-9]{0,6}$")], Code],
        Field(max_length=2_000, description="Where you are asked: number → the zone that gets the ground."),
    ] = {}
    version: Annotated[
        int | None, Field(ge=0, le=2**31 - 1, description="The version you saw; 412 where the draft has moved on.")
    ] = None


class ImportForm(BaseModel):
    """A boundary file, and how it is to be read."""

    model_config = ConfigDict(extra="ignore")

    file: Annotated[
        UploadFile, Field(description="GeoPackage, zipped Shapefile, GeoJSON, KML, FlatGeobuf or GeoParquet.")
    ]
    kind: Annotated[
        Literal["beat", "grid_cell", ""], Field(description="What all zones of the file are, where it does not say.")
    ] = ""
    layer: Annotated[str, Field(max_length=200, description="The one layer to read.")] = ""
    crs: Annotated[str, Field(max_length=50, description="EPSG:n, gcj02 or bd09; before what the file says.")] = ""
    mapping: Annotated[
        list[str], Field(max_length=20, description="`field=column`, where names differ.", examples=[["code=BEAT"]])
    ] = []
    make_codes: Annotated[bool, Field(description="The codes are names: make a code of each.")] = False
    version: Annotated[
        int | None, Field(ge=0, le=2**31 - 1, description="The version you saw; 412 where the draft has moved on.")
    ] = None
    dry_run: Annotated[bool, Field(description="Read and check only; nothing is kept.")] = False


class RejectedRow(BaseModel):
    """A row of a file that was refused."""

    line: int
    reason: str
    value: str


class ImportBody(BaseModel):
    """What a boundary file did, or would do, to a draft."""

    dry_run: bool
    version: Annotated[int, Field(description="Of the draft, as it is now.")]
    beats: Annotated[int, Field(description="Beats of the draft with the file in it.")]
    cells: Annotated[int, Field(description="Grid cells of the draft with the file in it.")]
    added: Annotated[int, Field(description="Zones the draft did not have.")]
    updated: Annotated[int, Field(description="Zones whose code the draft had.")]
    refused: int
    unit: Annotated[str, Field(description="What `line` counts.", examples=["feature"])]
    rejected: Annotated[list[RejectedRow], Field(description="The first of them.")]
    warnings: list[str]
    faults: Annotated[list[dict[str, Any]], Field(description="The worst faults of the draft with the file in it.")]
    faults_left: Annotated[int, Field(description="How many more there are.")]
    stops: Annotated[bool, Field(description="Whether a fault keeps the draft from being published.")]
