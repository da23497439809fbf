"""Answers pixels and clicks before Django's middleware stack, which takes many times as long as all that they need.

Only what is plain is answered here: GET and HEAD of a pixel or of a link that leads somewhere, under one of our hosts,
by HTTPS where that is asked for. Everything else goes inside, where `tracking.views.hits` answers it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import reverse

from tracking import bounded, hits
from tracking.enums import HitKind
from tracking.views.hits import FOUND, NOWHERE, UNAVAILABLE
from tracking.views.public import HEADERS

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
# Where a request came from, and whether by HTTPS, as far as trusted proxies say.
Caller = Callable[[Mapping[str, Any]], tuple[str, bool]]

# Status line, headers and body.
Answer = tuple[str, Sequence[tuple[str, str]], bytes]

_ANY = "*"


class Door:
    """A WSGI application around another one."""

    def __init__(self, inside: Application, *, caller: Caller) -> None:
        self._inside = inside
        self._caller = caller
        self._pixel, self._click = (reverse(f"tracking:{name}", args=[_ANY])[:-1] for name in ("pixel", "click"))
        self._knows = lru_cache(maxsize=256)(_is_ours)
        common = list(HEADERS.items())
        self._image = [("Content-Type", hits.GIF_TYPE), ("Content-Length", str(len(hits.GIF))), *common]
        self._redirect = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "0"), *common]
        # As `SecurityMiddleware` says it: over HTTPS only.
        seconds = settings.SECURE_HSTS_SECONDS
        self._strict = [("Strict-Transport-Security", f"max-age={seconds}")] if seconds else []

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or let the request in."""
        path: str = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] in hits.METHODS and self._knows(environ.get("HTTP_HOST", "")):
            address, is_secure = self._caller(environ)
            answer = None
            if settings.SECURE_SSL_REDIRECT and not is_secure:
                pass  # Django redirects it
            elif path.startswith(self._pixel):
                answer = self._open(path[len(self._pixel) :], environ, address)
            elif path.startswith(self._click):
                answer = self._follow(path[len(self._click) :], environ, address)
            if answer is not None:
                status, headers, body = answer
                start_response(status, [*headers, *(self._strict if is_secure else ())])
                return [body]
        return self._inside(environ, start_response)

    def _open(self, token: str, environ: Environ, address: str) -> Answer | None:
        if not token or "/" in token:
            return None
        claim = hits.opened(token)
        if claim is not None:
            hits.note(HitKind.OPEN, claim, meta=environ, address=address)
        return "200 OK", self._image, hits.GIF

    def _follow(self, token: str, environ: Environ, address: str) -> Answer | None:
        claim = hits.clicked(token)
        if claim is None:
            return None
        hits.note(HitKind.CLICK, claim, meta=environ, address=address)
        try:
            url = hits.target(claim)
        except bounded.Unavailable:
            environ[FOUND] = UNAVAILABLE
            return None
        if url is None:
            environ[FOUND] = NOWHERE
            return None
        return "302 Found", [("Location", url), *self._redirect], b""


def _is_ours(host: str) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
