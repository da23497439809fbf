from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from fluenzr.proxies import TrustedProxyMiddleware, client_address, networks


def passed_on(settings: Settings, *, peer: str, trusted: list[str], **headers: str) -> HttpRequest:
    """The request as the next middleware sees it."""
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=peer, **headers)
    TrustedProxyMiddleware(lambda _: HttpResponse())(request)
    return request


def test_client_address_is_the_nearest_that_is_no_proxy() -> None:
    trusted = networks(["10.0.0.0/8", "127.0.0.1"])
    found = client_address(peer="127.0.0.1", forwarded_for="6.6.6.6, 8.8.8.8, 10.1.1.1", trusted=trusted)
    assert found == "8.8.8.8"


def test_client_address_is_the_peer_without_trust() -> None:
    assert client_address(peer="9.9.9.9", forwarded_for="8.8.8.8", trusted=[]) == "9.9.9.9"


def test_headers_of_a_trusted_proxy_count(settings: Settings) -> None:
    headers = {"HTTP_X_FORWARDED_FOR": "8.8.8.8", "HTTP_X_FORWARDED_PROTO": "https"}
    request = passed_on(settings, peer="127.0.0.1", trusted=["127.0.0.1"], **headers)
    assert request.META["REMOTE_ADDR"] == "8.8.8.8"
    assert request.is_secure()


def test_headers_of_anyone_else_are_dropped(settings: Settings) -> None:
    headers = {"HTTP_X_FORWARDED_FOR": "8.8.8.8", "HTTP_X_FORWARDED_PROTO": "https"}
    request = passed_on(settings, peer="9.9.9.9", trusted=["127.0.0.1"], **headers)
    assert request.META["REMOTE_ADDR"] == "9.9.9.9"
    assert not request.is_secure()
    assert "HTTP_X_FORWARDED_FOR" not in request.META
