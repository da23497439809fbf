import pytest

from fluenzr.core.errors import Conflict, Forbidden, Invalid, NotFound
from fluenzr.workspaces import saved_views
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_member

pytestmark = pytest.mark.django_db

LIST = "contacts:list"


def save(by: Member, name: str = "Leads", path: str = "/contacts/?status=active&page=3", is_shared: bool = False):
    return saved_views.save(path=path, name=name, is_shared=is_shared, by=by)


def test_view_keeps_what_the_address_says_of_the_list(owner: Member) -> None:
    view = save(owner, name="  Hot   leads ", path="/contacts/?view=x&sort=-name&status=active&q=&page=3")

    assert (view.page, view.name, view.query) == (LIST, "Hot leads", "sort=-name&status=active")


def test_own_view_is_seen_by_nobody_else(owner: Member, teammate: Member) -> None:
    view = save(owner)

    assert saved_views.of(owner, LIST) == [view]
    assert saved_views.of(teammate, LIST) == []
    with pytest.raises(NotFound):
        saved_views.find(teammate, view.public_id)


def test_shared_view_is_seen_by_the_workspace_alone(owner: Member, teammate: Member, stranger: Member) -> None:
    view = save(owner, is_shared=True)

    assert saved_views.of(teammate, LIST) == [view]
    assert saved_views.of(stranger, LIST) == []
    with pytest.raises(NotFound):
        saved_views.find(stranger, view.public_id)


def test_viewers_share_and_change_nothing_of_the_workspace(workspace: Workspace, owner: Member) -> None:
    viewer, shared = make_member(workspace, Role.VIEWER), save(owner, is_shared=True)

    assert save(viewer, name="Mine").member == viewer
    with pytest.raises(Forbidden):
        save(viewer, is_shared=True)
    with pytest.raises(Forbidden):
        saved_views.rename(shared, name="Taken", by=viewer)
    with pytest.raises(Forbidden):
        saved_views.delete(shared, by=viewer)


def test_names_are_unique_among_the_views_of_one(owner: Member, teammate: Member) -> None:
    save(owner)
    save(teammate)
    save(owner, is_shared=True)

    with pytest.raises(Conflict):
        save(owner)
    with pytest.raises(Conflict):
        save(teammate, is_shared=True)


def test_rename_and_update(owner: Member) -> None:
    view = save(owner)

    saved_views.rename(view, name="Best", by=owner)
    saved_views.update(view, path="/contacts/?tag=vip", by=owner)

    (kept,) = saved_views.of(owner, LIST)
    assert (kept.name, kept.query) == ("Best", "tag=vip")


@pytest.mark.parametrize(
    ("name", "path"),
    [("", "/contacts/"), ("x" * 61, "/contacts/"), ("Ok", "/nowhere/"), ("Ok", "/contacts/?q=" + "x" * 2001)],
)
def test_save_refuses_what_it_cannot_keep(owner: Member, name: str, path: str) -> None:
    with pytest.raises(Invalid):
        save(owner, name=name, path=path)


def test_update_refuses_another_list(owner: Member) -> None:
    with pytest.raises(Invalid):
        saved_views.update(save(owner), path="/groups/", by=owner)


def test_number_of_views_is_bounded(owner: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MOST", 1)
    save(owner)

    with pytest.raises(Invalid, match="at most 1 views"):
        save(owner, name="Another")


def test_look_is_kept_by_list(owner: Member) -> None:
    saved_views.keep_look(owner, path="/contacts/?q=x", columns=["email", "company"], is_dense=True)
    saved_views.keep_look(owner, path="/groups/", columns=[], is_dense=False)

    again = Member.objects.get(pk=owner.pk)
    look = saved_views.look_of(again, LIST)
    assert (look.columns, look.is_dense) == (["email", "company"], True)
    assert saved_views.look_of(again, "campaigns:list").columns is None
