"""Requests: filed, listed with the key that filed them, followed by their number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from gridmap.api.open311 import formats
from gridmap.api.open311.door import AskDep, Format, Open311Route, Sent, SentDep, language_of, turns_of
from gridmap.api.open311.services import BASE
from gridmap.domain import open311 as words
from gridmap.http.report_form import clean
from gridmap.http.reports import desk_of
from gridmap.http.session_dep import SessionDep
from gridmap.services import open311
from gridmap.services.open311 import Told
from gridmap.services.open311_filing import Filing, file

router = APIRouter(prefix=BASE, route_class=Open311Route, include_in_schema=False)


@router.post("/requests.{fmt}", status_code=201)
def file_request(request: Request, session: SessionDep, fmt: Format, sent: SentDep) -> Response:
    """File a request; sent again, it is filed once, and the reply says `Idempotency-Replayed: true`."""
    caller = open311.enter(session, sent["jurisdiction_id"], sent["api_key"], with_key=True)
    turns_of(request).filing.take(str(caller.key))
    filing = _filing(sent, request.headers.get("idempotency-key"))
    receipt = file(session, desk_of(request).sealer, caller, filing, language_of(request), datetime.now(UTC))
    told = [{"service_request_id": receipt.request_id, "service_notice": receipt.notice, "account_id": None}]
    headers = {"Idempotency-Replayed": "true"} if receipt.again else {}
    return formats.send(fmt, "service_requests", told, 201, **headers)


@router.get("/tokens/{token}.{fmt}")
def get_token(session: SessionDep, ask: AskDep, token: str, fmt: Format) -> Response:
    """Return the number behind a token: every request has its number at once, so the number is its own token."""
    found = open311.request(session, token, ask.jurisdiction, ask.key, ask.language)
    return formats.send(fmt, "service_requests", [{"service_request_id": found.request_id, "token": found.request_id}])


@router.get("/requests.{fmt}")
def list_requests(request: Request, session: SessionDep, ask: AskDep, fmt: Format) -> Response:
    """Return what was filed with the key that asks, newest first."""
    asked = {name: clean(value) for name, value in request.query_params.items()}
    caller = open311.enter(session, ask.jurisdiction, ask.key, with_key=True)
    most = words.whole("page_size", asked.get("page_size"), words.MOST, words.MOST)
    page = words.whole("page", asked.get("page"), 1, 1_000)
    updated = words.updated(asked.get("updated_after"), asked.get("updated_before"))
    # Who asks for what has changed asks for all of it, however long ago it was filed.
    dated = updated is None or asked.get("start_date") or asked.get("end_date")
    between = words.span(asked.get("start_date"), asked.get("end_date"), datetime.now(UTC)) if dated else words.EVER
    found = open311.requests(
        session, caller, ask.language,
        ids=words.words_of("service_request_id", asked.get("service_request_id")),
        codes=words.words_of("service_code", asked.get("service_code")),
        statuses=words.words_of("status", asked.get("status"), words.STATUSES),
        between=between, updated=updated, rows=(most, (page - 1) * most),
    )  # fmt: skip
    return formats.send(fmt, "service_requests", [_request(one) for one in found])


@router.get("/requests/{request_id}.{fmt}")
def get_request(session: SessionDep, ask: AskDep, request_id: str, fmt: Format) -> Response:
    """Return how a request stands; what it is about and where, only to the key that filed it."""
    found = open311.request(session, request_id, ask.jurisdiction, ask.key, ask.language)
    return formats.send(fmt, "service_requests", [_request(found)])


def _filing(sent: Sent, key: str | None) -> Filing:
    return Filing(
        service=sent["service_code"], description=sent["description"], lat=sent["lat"], lon=sent["long"],
        address_string=sent["address_string"], address_id=sent["address_id"], first_name=sent["first_name"],
        last_name=sent["last_name"], email=sent["email"], phone=sent["phone"], device_id=sent["device_id"],
        account_id=sent["account_id"], media_url=sent["media_url"], attributes=sent.attributes, key=key,
    )  # fmt: skip


def _request(one: Told) -> dict[str, Any]:
    return {
        "service_request_id": one.request_id, "status": one.status, "status_notes": one.status_notes,
        "service_name": one.service_name, "service_code": one.service_code, "description": one.description,
        "agency_responsible": one.agency, "service_notice": None, "requested_datetime": words.written(one.requested),
        "updated_datetime": words.written(one.updated), "expected_datetime": words.written(one.expected),
        "address": one.address, "address_id": one.address_id, "zipcode": None, "lat": one.lat, "long": one.lon,
        "media_url": None,
    }  # fmt: skip
