"""A plain page for people who follow an `/ogc` address with a browser: the same content, no script, no style."""

from __future__ import annotations

from html import escape
from typing import Any, Final

SHAPE: Final = "geometry"


def draw(content: dict[str, Any]) -> bytes:
    """Return the content of a document as a page; all text is escaped."""
    title = escape(str(content.get("title") or content.get("id") or "gridmap"))
    body = (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main><h1>{title}</h1>'
        f"{_told(content)}</main></body></html>"
    )
    return body.encode()


def _told(value: Any) -> str:
    if isinstance(value, dict):
        if "href" in value:
            return f'<a href="{escape(str(value["href"]))}">{escape(str(value.get("title") or value["rel"]))}</a>'
        rows = (
            f"<dt>{escape(str(name))}</dt><dd>{escape(str(one.get('type'))) if name == SHAPE and one else _told(one)}</dd>"
            for name, one in value.items()
        )
        return f"<dl>{''.join(rows)}</dl>"
    if isinstance(value, list):
        if value and not isinstance(value[0], dict | list):
            return escape(", ".join(map(str, value)))
        return f"<ul>{''.join(f'<li>{_told(one)}</li>' for one in value)}</ul>"
    return "" if value is None else escape(str(value))
