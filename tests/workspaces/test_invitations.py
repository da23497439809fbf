from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core import mail, signing
from pytest_django.fixtures import Settings

from fluenzr.core.errors import Conflict, Forbidden, Invalid, NotFound, PlanLimit
from fluenzr.workspaces import invitations, members
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import AuditEntry, Invitation, Member, Workspace
from tests.builders import NOW, make_member, make_user, make_workspace

pytestmark = pytest.mark.django_db


def token_of(sent: invitations.Sent) -> str:
    return sent.url.rsplit("/", 1)[1]


def invite(by: Member, email: str = "ann@x.org", role: str = "member") -> str:
    return token_of(invitations.invite(email=email, role=role, by=by, now=NOW))


def test_invite_mails_the_link_that_the_inviter_sees(owner: Member) -> None:
    sent = invitations.invite(email=" Ann@X.org ", role="viewer", by=owner, now=NOW)

    assert sent.is_mailed
    assert sent.url.startswith("http://testserver/invitations/")
    (message,) = mail.outbox
    assert message.to == ["ann@x.org"]
    assert sent.url in message.body
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes) == ("member.invited", {"email": "ann@x.org", "role": "viewer"})


def test_invite_survives_a_mail_server_that_is_down(owner: Member, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    assert not invitations.invite(email="ann@x.org", role="member", by=owner, now=NOW).is_mailed


def test_accept_makes_the_member_once(owner: Member) -> None:
    token, ann = invite(owner, role="admin"), make_user("ann@x.org")

    member = invitations.accept(token, user=ann, now=NOW)

    assert (member.workspace, member.user, member.role) == (owner.workspace, ann, "admin")
    with pytest.raises(NotFound):
        invitations.accept(token, user=ann, now=NOW)
    assert invitations.accepted(token, user=ann) == member
    assert invitations.accepted(token, user=owner.user) is None


def test_accept_is_for_the_invited_address(owner: Member) -> None:
    with pytest.raises(Forbidden):
        invitations.accept(invite(owner), user=make_user("bob@x.org"), now=NOW)


def test_link_ends_after_a_week(owner: Member) -> None:
    token = invite(owner)

    assert invitations.read(token, now=NOW + timedelta(days=7)).email == "ann@x.org"
    with pytest.raises(NotFound):
        invitations.read(token, now=NOW + timedelta(days=7, seconds=1))


def test_forged_link_is_unknown(owner: Member) -> None:
    with pytest.raises(NotFound):
        invitations.read(invite(owner) + "x", now=NOW)


def test_link_ends_when_its_inviter_lost_the_say(workspace: Workspace, owner: Member) -> None:
    admin = make_member(workspace, Role.ADMIN)
    token = invite(admin)

    members.change_role(admin, role="member", by=owner, now=NOW)

    with pytest.raises(NotFound):
        invitations.read(token, now=NOW)


def test_removed_member_cannot_come_back_by_the_old_link(owner: Member) -> None:
    token, ann = invite(owner), make_user("ann@x.org")
    members.remove(invitations.accept(token, user=ann, now=NOW), by=owner, now=NOW + timedelta(hours=1))

    with pytest.raises(NotFound):
        invitations.accept(token, user=ann, now=NOW + timedelta(hours=2))

    again = token_of(invitations.invite(email="ann@x.org", role="member", by=owner, now=NOW + timedelta(hours=3)))
    assert invitations.accept(again, user=ann, now=NOW + timedelta(hours=3)).role == "member"


def test_invite_names_the_limit_of_the_plan() -> None:
    alone = make_member(make_workspace(plan="starter"))

    with pytest.raises(PlanLimit, match="The Starter plan allows 1 members"):
        invite(alone)


def test_invite_refuses_members_and_bad_input(owner: Member, teammate: Member) -> None:
    with pytest.raises(Conflict):
        invite(owner, email=teammate.user.email)
    with pytest.raises(Invalid):
        invite(owner, email="nobody")
    with pytest.raises(Invalid):
        invite(owner, role="king")


def test_only_owners_invite_owners(workspace: Workspace, teammate: Member) -> None:
    with pytest.raises(Forbidden):
        invite(make_member(workspace, Role.ADMIN), role="owner")
    with pytest.raises(Forbidden):
        invite(teammate)


def test_open_invitations_count_against_the_plan(workspace: Workspace, owner: Member) -> None:
    for number in range(4):
        invite(owner, email=f"p{number}@x.org")

    with pytest.raises(PlanLimit, match="The Pro plan allows 5 members; it has 5"):
        invite(owner, email="one@too.many")
    assert invite(owner, email="p0@x.org", role="viewer")
    later = NOW + timedelta(days=8)
    assert invitations.invite(email="one@x.org", role="member", by=owner, now=later).is_mailed


def test_inviting_again_keeps_one_invitation_and_the_old_link(owner: Member) -> None:
    token = invite(owner)

    invitations.invite(email="ann@x.org", role="viewer", by=owner, now=NOW + timedelta(days=5))

    assert Invitation.objects.get().role == "viewer"
    assert invitations.read(token, now=NOW + timedelta(days=10)).email == "ann@x.org"


def test_sending_again_renews_an_invitation_that_ended(owner: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    # Links hold the second in which they were signed, and a second may end between two of them.
    monkeypatch.setattr(signing, "time", SimpleNamespace(time=lambda: NOW.timestamp()))
    token, later = invite(owner, role="admin"), NOW + timedelta(days=30)

    sent = invitations.resend(Invitation.objects.get(), by=owner, now=later)

    assert len(mail.outbox) == 2
    assert (token_of(sent), sent.invitation.sent_at) == (token, later)
    assert invitations.read(token, now=later).role == "admin"


def test_revoked_link_is_unknown(owner: Member) -> None:
    token, invitation = invite(owner), Invitation.objects.get()

    invitations.revoke(invitation, by=owner, now=NOW)

    with pytest.raises(NotFound):
        invitations.read(token, now=NOW)
    with pytest.raises(Conflict):
        invitations.revoke(invitation, by=owner, now=NOW)
    assert AuditEntry.objects.latest("pk").action == "member.invitation_revoked"


def test_only_owners_decide_about_invitations_of_owners(workspace: Workspace, owner: Member) -> None:
    invite(owner, role="owner")
    invitation, admin = Invitation.objects.get(), make_member(workspace, Role.ADMIN)

    with pytest.raises(Forbidden):
        invitations.revoke(invitation, by=admin, now=NOW)
    with pytest.raises(Forbidden):
        invitations.resend(invitation, by=admin, now=NOW)
