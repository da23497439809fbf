from urllib.parse import quote

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Invitation, Member, User, Workspace
from tests.builders import make_member, make_user, make_workspace
from tests.clients import signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db

PAGE = "/settings/members"


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


def test_invited_person_with_an_account_signs_in_first(client: Client, owner: Member) -> None:
    make_user("ann@x.org")
    path = invited(owner, "ann@x.org")

    assert f"/sign-in?next={quote(path)}" in client.get(path).content.decode()


NEWCOMER = {"name": "Ann", "password1": "correct horse battery", "timezone": "Europe/Paris"}


@pytest.mark.parametrize("is_open", [True, False])
def test_invited_person_signs_up_even_where_sign_up_is_closed(
    client: Client, owner: Member, settings: Settings, is_open: bool
) -> None:
    settings.SIGN_UP_OPEN = is_open
    path = invited(owner, "ann@x.org")

    assert "/sign-up" in client.get(path).content.decode()
    assert "Join Acme" in client.get("/sign-up").content.decode()
    answer = client.post("/sign-up", {**NEWCOMER, "email": "somebody@else.org"})

    assert answer["Location"] == "/"
    member = Member.objects.get(user__email="ann@x.org")
    assert (member.workspace, member.role, member.user.timezone) == (owner.workspace, "member", "Europe/Paris")
    assert Workspace.objects.count() == 1
    assert client.get(path)["Location"] == "/"


def test_closed_sign_up_stays_closed_to_others(client: Client, owner: Member, settings: Settings) -> None:
    settings.SIGN_UP_OPEN = False
    path = invited(owner, "ann@x.org")

    assert client.get(path + "x").status_code == 404
    assert "Sign-up is closed" in client.get("/sign-up").content.decode()
    client.post("/sign-up", {**NEWCOMER, "email": "ann@x.org"})
    assert not User.objects.filter(email="ann@x.org").exists()

    client.get(path)
    signed_in(owner).post(f"/settings/invitations/{Invitation.objects.get().public_id}", {"act": "revoke"})
    client.post("/sign-up", {**NEWCOMER, "email": "ann@x.org"})
    assert not User.objects.filter(email="ann@x.org").exists()


def test_workspace_that_filled_up_meanwhile_says_so(client: Client, owner: Member) -> None:
    path = invited(owner, "ann@x.org")
    client.get(path)
    Workspace.objects.update(plan="starter")

    answer = client.post("/sign-up", NEWCOMER)

    assert "The Starter plan allows 1 members" in answer.content.decode()
    assert not User.objects.filter(email="ann@x.org").exists()


def test_open_invitations_are_listed_sent_again_and_revoked(owner: Member) -> None:
    invited(owner, "ann@x.org")
    client, invitation = signed_in(owner), Invitation.objects.get()
    path = f"/settings/invitations/{invitation.public_id}"

    page = client.get(PAGE)
    assert [one for one, _url, _holds in page.context["asked"]] == [invitation]
    client.post(path, {"act": "resend"})
    assert len(mail.outbox) == 2
    client.post(path, {"act": "revoke"})
    assert client.get(PAGE).context["asked"] == []
    assert client.post(path, {"act": "revoke"}).status_code == 404


def test_invitations_of_others_are_unknown(owner: Member, stranger: Member) -> None:
    invited(owner, "ann@x.org")
    path = f"/settings/invitations/{Invitation.objects.get().public_id}"

    assert signed_in(stranger).post(path, {"act": "revoke"}).status_code == 404
    assert Invitation.objects.count() == 1


def test_list_of_invitations_takes_as_many_queries_for_three_as_for_one(owner: Member) -> None:
    invited(owner, "one@x.org")
    client = signed_in(owner)
    one = queries_of(client, PAGE)
    invited(owner, "two@x.org")
    invited(owner, "three@x.org")

    assert queries_of(client, PAGE) == one


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
