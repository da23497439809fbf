import pytest
from django.test import Client

from fluenzr.workspaces import usage
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_account, make_contact, make_member, make_workspace

pytestmark = pytest.mark.django_db

VALUES = {
    "name": "Acme & Co",
    "postal_address": "1 rue de Rivoli",
    "timezone": "Europe/Paris",
    "language": "fr",
    "tracking_mode": "minimal",
    "default_signature": "Jane",
}


def test_settings_are_saved(client: Client, owner: Member) -> None:
    client.force_login(owner.user)

    response = client.post("/settings/workspace", VALUES)

    assert (response.status_code, response["Location"]) == (303, "/settings/workspace")
    workspace = Workspace.objects.get()
    assert {name: getattr(workspace, name) for name in VALUES} == VALUES
    assert b'value="Acme &amp; Co"' in client.get("/settings/workspace").content


def test_settings_keep_what_was_typed_when_wrong(client: Client, owner: Member) -> None:
    client.force_login(owner.user)

    response = client.post("/settings/workspace", VALUES | {"timezone": "Mars/Olympus"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["timezone"]
    assert "1 rue de Rivoli" in response.content.decode()


def test_signature_beyond_the_plan_is_refused_at_its_field(client: Client) -> None:
    client.force_login(make_member(make_workspace(plan="free")).user)

    response = client.post("/settings/workspace", VALUES)

    assert response.context["form"].errors == {
        "default_signature": ["A signature of your own requires Starter plan"],
    }


def test_settings_are_changed_by_admins_only(client: Client, teammate: Member) -> None:
    client.force_login(teammate.user)

    page = client.get("/settings/workspace")
    assert page.status_code == 200
    assert not page.context["may_change"]
    assert client.post("/settings/workspace", VALUES).status_code == 403
    assert Workspace.objects.get().name == "Acme"


@pytest.mark.parametrize("page", ["workspace", "plan", "members", "api-keys"])
def test_strangers_see_their_own_workspace_only(
    client: Client, workspace: Workspace, stranger: Member, page: str
) -> None:
    make_member(workspace, Role.OWNER)
    client.force_login(stranger.user)
    session = client.session
    session["workspace"] = workspace.public_id
    session.save()

    response = client.get(f"/settings/{page}")

    assert response.status_code == 200
    assert response.context["request"].workspace == stranger.workspace


@pytest.mark.parametrize("page", ["workspace", "plan", "members", "api-keys"])
def test_pages_ask_to_sign_in(client: Client, db: None, page: str) -> None:
    assert client.get(f"/settings/{page}")["Location"] == f"/sign-in?next=/settings/{page}"


def test_plan_counts_what_is_used(client: Client) -> None:
    workspace = make_workspace(plan="free")
    client.force_login(make_member(workspace, Role.VIEWER).user)
    make_account(workspace)
    make_contact(workspace)
    make_contact(make_workspace())

    uses = client.get("/settings/plan").context["uses"]

    assert {use.limit.value: (use.used, use.allowed) for use in uses} == {
        "email_accounts": (1, 1),
        "contacts": (1, 300),
        "import_rows": (None, 300),
        "emails_per_day": (0, 50),
        "members": (1, 1),
    }
    assert {use.limit.value for use in uses if use.is_near} == {"email_accounts", "members"}


def test_counters_are_registered_once() -> None:
    with pytest.raises(ValueError, match="counted already"):
        usage.register(usage.Limit.MEMBERS, lambda workspace, now: 0)
