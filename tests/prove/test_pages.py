"""Every page, as people have it: on a desk and on a phone, by day and by night, with everything and with nothing."""

import pytest
from django.core.cache import cache

from fluenzr.workspaces.models import Member, Workspace
from tests import pages
from tests.browsing import DESKTOP, PHONE, Doorman, Visitor, confirmed

SIZES = {"desk": DESKTOP, "phone": PHONE}


def paths_for(member: Member, parts: dict[str, str]) -> list[str]:
    """Return the paths of all whole pages; without parts, of those that need no id."""
    client = confirmed(member.user)
    routes = [route for route in pages.routes() if parts or "<" not in route]
    paths = [pages.path_of(route, parts) for route in routes]
    return [path for path in paths if pages.is_page(client.get(path))]


def barriers(visitor: Visitor, paths: list[str]) -> dict[str, list[str]]:
    """Return what is in the way on each page; what the console says is heard by the doorman."""
    cache.clear()
    found = {}
    for path in paths:
        visitor.goto(path)
        found[path] = visitor.barriers()
    return {path: problems for path, problems in found.items() if problems}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_no_page_has_barriers(doorman: Doorman, owner: Member, size: str, scheme: str) -> None:
    parts = pages.fill(owner.workspace)
    visitor = doorman.let_in(owner, viewport=SIZES[size], color_scheme=scheme)

    assert barriers(visitor, paths_for(owner, parts)) == {}


def test_no_empty_page_has_barriers(doorman: Doorman, owner: Member) -> None:
    visitor = doorman.let_in(owner, viewport=PHONE)

    assert barriers(visitor, paths_for(owner, {})) == {}


def test_french_fits_on_a_phone(doorman: Doorman, owner: Member) -> None:
    owner.user.language = "fr"
    owner.user.save(update_fields=["language"])
    parts = pages.fill(owner.workspace)
    visitor = doorman.let_in(owner, viewport=PHONE, locale="fr-FR")

    assert barriers(visitor, paths_for(owner, parts)) == {}


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/password", "/password/sent"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_entrance_has_no_barriers(doorman: Doorman, workspace: Workspace, path: str, scheme: str) -> None:
    visitor = doorman.let_in(viewport=PHONE, color_scheme=scheme)

    assert barriers(visitor, [path]) == {}


def test_pages_stand_without_scripts(doorman: Doorman, owner: Member) -> None:
    parts = pages.fill(owner.workspace)
    visitor = doorman.let_in(owner, java_script_enabled=False)
    headings = {}
    for path in paths_for(owner, parts):
        headings[path] = visitor.goto(path).locator("h1").first.inner_text()

    assert {path for path, heading in headings.items() if not heading.strip()} == set()
