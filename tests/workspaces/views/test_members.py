import pytest
from django.core import mail
from django.test import Client

from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_member, make_user, make_workspace
from tests.counting import queries_of

pytestmark = pytest.mark.django_db

PAGE = "/settings/members"


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def invited(by: Member, email: str) -> str:
    """Invite somebody by the page and return the path of the link."""
    response = signed_in(by).post(PAGE, {"email": email, "role": "member"})
    url: str = response.context["sent"].url
    assert url in response.content.decode()
    assert url in mail.outbox[-1].body
    return url.removeprefix("http://testserver")


def test_invited_person_joins_and_stands_in_the_workspace(owner: Member) -> None:
    elsewhere = make_member(make_workspace("Elsewhere"), user=make_user("ann@x.org"))
    path, client = invited(owner, "ann@x.org"), signed_in(elsewhere)

    assert "Join Acme" in client.get(path).content.decode()
    assert client.post(path).status_code == 303

    assert Member.objects.get(workspace=owner.workspace, user=elsewhere.user).role == "member"
    assert client.get("/settings/workspace").context["request"].workspace == owner.workspace


def test_invitation_asks_to_sign_in_first(client: Client, owner: Member) -> None:
    path = invited(owner, "ann@x.org")

    assert client.get(path)["Location"].startswith("/sign-in?next=/invitations/")


def test_invitation_is_for_nobody_else(owner: Member, stranger: Member) -> None:
    path, client = invited(owner, "ann@x.org"), signed_in(stranger)

    assert "You are signed in as" in client.get(path).content.decode()
    assert client.post(path).status_code == 403
    assert client.get(path + "x").status_code == 404
    assert Member.objects.filter(workspace=owner.workspace).count() == 1


def test_invitation_beyond_the_plan_names_the_limit() -> None:
    alone = make_member(make_workspace(plan="starter"))

    response = signed_in(alone).post(PAGE, {"email": "ann@x.org", "role": "member"})

    assert response.status_code == 422
    assert "The Starter plan allows 1 members" in response.content.decode()


def test_role_is_changed(owner: Member, teammate: Member) -> None:
    response = signed_in(owner).post(f"{PAGE}/{teammate.public_id}/role", {"role": "admin"})

    assert response.status_code == 303
    assert Member.objects.get(pk=teammate.pk).role == "admin"


def test_removed_person_is_signed_out(owner: Member, teammate: Member) -> None:
    theirs = signed_in(teammate)

    assert signed_in(owner).post(f"{PAGE}/{teammate.public_id}/remove").status_code == 303
    assert theirs.get(PAGE)["Location"] == f"/sign-in?next={PAGE}"


def test_last_owner_is_told_why_they_stay(owner: Member) -> None:
    response = signed_in(owner).post(f"{PAGE}/{owner.public_id}/remove")

    assert response.status_code == 409
    assert "at least one owner" in response.content.decode()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
def test_lesser_roles_see_but_change_nothing(workspace: Workspace, owner: Member, role: Role) -> None:
    client = signed_in(make_member(workspace, role))

    page = client.get(PAGE)
    assert page.status_code == 200
    assert "Invite" not in page.content.decode()
    assert client.post(PAGE, {"email": "ann@x.org", "role": "viewer"}).status_code == 403
    assert client.post(f"{PAGE}/{owner.public_id}/role", {"role": "viewer"}).status_code == 403
    assert client.post(f"{PAGE}/{owner.public_id}/remove").status_code == 403


def test_admins_are_offered_no_say_over_owners(workspace: Workspace, owner: Member) -> None:
    client = signed_in(make_member(workspace, Role.ADMIN))

    page = client.get(PAGE)
    assert [value for value, _label in page.context["roles"]] == ["admin", "member", "viewer"]
    assert owner.public_id not in page.content.decode()
    assert client.post(PAGE, {"email": "ann@x.org", "role": "owner"}).status_code == 422


def test_members_of_others_are_unknown(stranger: Member, teammate: Member) -> None:
    client = signed_in(stranger)

    assert client.post(f"{PAGE}/{teammate.public_id}/role", {"role": "viewer"}).status_code == 404
    assert client.post(f"{PAGE}/{teammate.public_id}/remove").status_code == 404


def test_list_takes_as_many_queries_for_three_as_for_one(workspace: Workspace, owner: Member) -> None:
    client = signed_in(owner)
    one = queries_of(client, PAGE)
    make_member(workspace, Role.ADMIN)
    make_member(workspace, Role.VIEWER)

    assert queries_of(client, PAGE) == one
