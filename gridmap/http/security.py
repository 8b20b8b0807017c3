"""Headers every reply carries, so that a browser runs only our own files and tells nobody where it was."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridmap.errors import Invalid


class BadBasemap(Invalid):
    """The base map's address is not a web address."""

    slug, title = "bad-basemap", "The base map's address is not usable"


def content_security_policy(basemap_url: str | None) -> str:
    """Return the policy: our own scripts, styles and pictures, and the base map's pictures where one is set.

    Raises
    ------
    BadBasemap
        If `basemap_url` is not http(s)://host/…, or would add a second directive.
    """
    images = "img-src 'self' data:"
    if basemap_url:
        parts = urlsplit(basemap_url)
        host = parts.netloc.replace("{s}", "*")
        if parts.scheme not in {"http", "https"} or not host or set(host) & set(" ;,'\"{}"):
            raise BadBasemap("GRIDMAP_BASEMAP_URL is https://host/…/{z}/{x}/{y}.png")
        images += f" {parts.scheme}://{host}"
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; {images}; connect-src 'self'; font-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


class SecurityHeaders:
    """Put the headers on every reply, errors included."""

    def __init__(self, app: ASGIApp, *, policy: str, secure: bool) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if secure:
            self.headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the reply's headers; what a route set itself stays."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)
