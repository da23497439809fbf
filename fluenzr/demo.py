"""The demo of `make run`: a workspace whose campaign writes to a lively sandbox, so that there is something to see.

Everything goes through the domain, as if somebody had made it by hand. Asking again doubles nothing; when all
campaigns of the workspace are done, a small new one starts.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from faker import Faker

from campaigns import audience, lifecycle
from campaigns.enums import CampaignStatus
from campaigns.models import Campaign
from contacts import addresses, batches, grouping
from contacts.drafts import Draft
from contacts.models import Contact, Group
from fluenzr.core import clock
from fluenzr.mailboxes import accounts
from fluenzr.mailboxes.drafts import Draft as AccountDraft
from fluenzr.mailboxes.enums import Provider
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import keys, tenancy
from fluenzr.workspaces.models import ApiKey, Member, User, Workspace

BY = "demo"
EMAIL = "demo@fluenzr.example"
NAME = "Demo"
SENDER = "sam@demo.example"
GROUP = "Newcomers"
PEOPLE = 12
# A later campaign has a few people of its own: of those before, some left or bounced.
PEOPLE_LATER = 5
OPEN = (CampaignStatus.DRAFT, CampaignStatus.ACTIVE, CampaignStatus.PAUSED)

_TAGS = (["lead"], ["lead", "conference"], ["customer"], ["partner"])
_COUNTRIES = ("FR", "GB", "US", "DE")
_SETTINGS = {
    "sendDays": list(clock.DAY_NAMES),
    "sendHoursStart": 0,
    "sendHoursEnd": 24,
    "maxEmailsPerHour": None,
}
_FIRST = """{Hi|Hello} {{firstName}},

how does {{company|your company}} follow up with people who do not answer? FluenzR writes to them from your own
mailbox and stops at the moment they reply.

A short tour: https://fluenzr.example/tour
What others say: https://fluenzr.example/customers

{{signature}}"""
_FOR_READERS = """{{firstName}}, thank you for reading!

{% if jobTitle %}As {{jobTitle | lowercase}}, you may like the numbers best:{% else %}The numbers:{% endif %}
https://fluenzr.example/numbers

Shall we talk on Thursday?

{{signature}}"""
_FOR_OTHERS = """{{firstName}}, did my mail reach you?

In one sentence: sequences of mail that stop at the right moment.
https://fluenzr.example/tour

{{signature}}"""


def workflow() -> dict[str, Any]:
    """Return a mail, and a minute later another: in its thread for those who opened it, for the others a reminder."""
    return {
        "nodes": [
            {"id": "start", "type": "start"},
            _mail("hello", "{{firstName}}, a question about {{company|your company}}", _FIRST),
            {"id": "pause", "type": "delay", "data": {"minutes": 1}},
            {"id": "opened", "type": "condition", "data": {"check": "opened", "nodeId": "hello"}},
            _mail("numbers", "", _FOR_READERS, sameThread=True),
            _mail("reminder", "Did this reach you, {{firstName}}?", _FOR_OTHERS),
            {"id": "end", "type": "end"},
        ],
        "edges": [
            {"from": "start", "to": "hello"},
            {"from": "hello", "to": "pause"},
            {"from": "pause", "to": "opened"},
            {"from": "opened", "to": "numbers", "branch": "yes"},
            {"from": "opened", "to": "reminder", "branch": "no"},
            {"from": "numbers", "to": "end"},
            {"from": "reminder", "to": "end"},
        ],
    }


def _mail(name: str, subject: str, body: str, **data: Any) -> dict[str, Any]:
    return {"id": name, "type": "email", "data": {"subject": subject, "body": body, **data}}


@dataclass(frozen=True)
class Access:
    """How to get in; nothing but this remembers password and key in clear."""

    email: str
    password: str
    api_key: str


def prepare(*, known: Access | None, is_admin: bool, now: datetime) -> Access:
    """Make what is missing of the demo, in one transaction, and return how to get in.

    `known` is what an earlier call returned: where it still opens the demo it is returned unchanged, else password and
    key are made anew. `is_admin` opens the Django admin to the login, or closes it.
    """
    with transaction.atomic():
        owner, password = _owner(known, is_admin=is_admin)
        workspace = _workspace(owner, now=now)
        api_key = _api_key(workspace, known, now=now)
        account = _account(workspace, now=now)
        if not Campaign.objects.in_workspace(workspace).filter(status__in=OPEN).exists():
            _campaign(workspace, account, author=owner, now=now)
    return Access(owner.email, password, api_key)


def _owner(known: Access | None, *, is_admin: bool) -> tuple[User, str]:
    password = known.password if known is not None else secrets.token_urlsafe(9)
    owner: User | None = User.objects.filter(email=EMAIL).first()
    if owner is None:
        return tenancy.create_user(email=EMAIL, password=password, name=NAME, is_admin=is_admin), password
    if not owner.check_password(password):
        owner.set_password(password)
    owner.is_staff = owner.is_superuser = is_admin
    owner.save(update_fields=["password", "is_staff", "is_superuser"])
    return owner, password


def _workspace(owner: User, *, now: datetime) -> Workspace:
    member = Member.objects.filter(user=owner, workspace__name=NAME).select_related("workspace").first()
    if member is not None:
        workspace: Workspace = member.workspace
        return workspace
    workspace = tenancy.create_workspace(name=NAME, owner=owner, plan="pro", by=BY, now=now)
    workspace.postal_address = "Demo Ltd, 1 Example Street, 75001 Paris"
    workspace.save(update_fields=["postal_address", "updated_at"])
    return workspace


def _api_key(workspace: Workspace, known: Access | None, *, now: datetime) -> str:
    opened = keys.authenticate(known.api_key, now=now) if known is not None else None
    if known is not None and opened is not None and opened.workspace_id == workspace.pk:
        return known.api_key
    for lost in ApiKey.objects.in_workspace(workspace).filter(name=NAME, revoked_at=None):
        keys.revoke(lost, by=BY, now=now)
    return keys.create(workspace=workspace, name=NAME, by=BY, now=now)[1]


def _account(workspace: Workspace, *, now: datetime) -> Account:
    rows = Account.objects.in_workspace(workspace).filter(provider=Provider.SANDBOX).listed()
    account: Account | None = rows.order_by("pk").first()
    if account is not None:
        return account
    draft: AccountDraft = {
        "email": SENDER,
        "displayName": "Sam Demo",
        "provider": Provider.SANDBOX,
        "signature": "Sam Demo\nDemo Ltd",
        "sandboxPlay": "lively",
    }
    return accounts.create(workspace=workspace, draft=draft, by=BY, now=now)


def _campaign(workspace: Workspace, account: Account, *, author: User, now: datetime) -> None:
    number = Campaign.objects.in_workspace(workspace).count() + 1
    newcomers = _newcomers(workspace, number, now=now)
    campaign = lifecycle.create(
        workspace=workspace,
        name="Welcome" if number == 1 else f"Welcome {number}",
        description="A mail, and a minute later another one: it depends on whether the first was opened.",
        account=account,
        settings=_SETTINGS,
        workflow=workflow(),
        author=author,
        by=BY,
        now=now,
    )
    audience.add(campaign, by=BY, now=now, batch="demo", contact_ids=newcomers)
    lifecycle.start(campaign, by=BY, now=now)


def _newcomers(workspace: Workspace, number: int, *, now: datetime) -> list[str]:
    """Return the ids of those who come in for the demo's campaign of this number; all are in one group."""
    group: Group | None = Group.objects.in_workspace(workspace).filter(name=GROUP).first()
    if group is None:
        group = grouping.create(workspace=workspace, name=GROUP, description="People of the demo", by=BY, now=now)
    drafts = people(PEOPLE if number == 1 else PEOPLE_LATER, seed=number)
    batches.write(
        workspace=workspace, drafts=drafts, on_duplicate=batches.SKIP, groups=[group], by=BY, now=now, source="demo"
    )
    keys = [addresses.key(draft["email"]) for draft in drafts]
    return [contact.public_id for contact in Contact.objects.in_workspace(workspace).filter(email_key__in=keys)]


def people(count: int, *, seed: int) -> Sequence[Draft]:
    """Return invented people, the same for the same seed; every fourth has neither company nor job."""
    faker = Faker("en_US")
    faker.seed_instance(seed)
    drafts: list[Draft] = []
    for index in range(count):
        first, last, company = faker.first_name(), faker.last_name(), faker.company()
        host = re.sub(r"[^a-z]+", "-", company.lower()).strip("-")
        draft: Draft = {
            "email": f"{first}.{last}@{host}.example".lower(),
            "firstName": first,
            "lastName": last,
            "country": _COUNTRIES[index % len(_COUNTRIES)],
            "tags": _TAGS[index % len(_TAGS)],
            "customFields": {"source": faker.random_element(("Conference", "Website", "Referral"))},
        }
        if index % 4 != 3:
            draft |= {"company": company, "jobTitle": faker.job(), "website": f"https://{host}.example"}
        drafts.append(draft)
    return drafts
