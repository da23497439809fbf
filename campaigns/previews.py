"""What the mails of a campaign would say to one person, without sending anything."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from campaigns import drafts, graph, workflows
from campaigns.mail import moulds, rendering, variables
from campaigns.mail.rendering import Preview
from campaigns.models import Campaign, Enrolment
from campaigns.nodes import registry
from campaigns.nodes.base import Problems
from contacts.models import Contact
from fluenzr.core.errors import Invalid

MOST_PEOPLE = 100


@dataclass(frozen=True)
class PreviewedEmail:
    """One mail of the sequence as one person would get it; `number` counts as in the statistics."""

    node: str
    number: int
    mail: Preview


def preview(
    campaign: Campaign,
    *,
    now: datetime,
    contact: Contact | None = None,
    node: str | None = None,
    document: Mapping[str, Any] | None = None,
) -> tuple[Contact, list[PreviewedEmail]]:
    """Return whom the preview is for and the mails in walk order, or only that of `node`.

    Without a contact it is the first in the campaign, else the newest of the workspace; without a document, the
    campaign's draft.

    Raises:
        Invalid: the workflow has problems, there is no such email in it, or there is nobody to preview for.
    """
    drawn = workflows.document(campaign) if document is None else document
    graph.check(drawn, workspace=campaign.workspace)
    workflow = graph.parse(drawn)
    numbered = [(number, email) for number, email in enumerate(workflow.emails(), start=1) if node in (None, email.id)]
    if node is not None and not numbered:
        raise Invalid(_("There is no email with this id in the workflow"), field="nodeId")
    person = contact or people(campaign)[0]
    return person, [
        PreviewedEmail(
            email.id,
            number,
            rendering.preview(campaign=campaign, graph=workflow, node_id=email.id, contact=person, now=now),
        )
        for number, email in numbered
    ]


def people(campaign: Campaign, *, most: int = MOST_PEOPLE) -> list[Contact]:
    """Return the first people that previews leaf through: those in the campaign, else the newest of the workspace.

    Raises:
        Invalid: there is nobody.
    """
    inside = Enrolment.objects.filter(campaign=campaign, contact__isnull=False).listed().select_related("contact")
    found = [cast(Contact, row.contact) for row in inside.order_by("id")[:most]]
    if not found:
        found = list(Contact.objects.in_workspace(campaign.workspace_id).order_by("-id")[:most])
    if not found:
        raise Invalid(_("Add a contact first: a preview is for somebody"), field="contactId")
    return found


def leafed_through(campaign: Campaign, wanted: str = "") -> list[Contact]:
    """Return `people`, none where there is nobody; before them the one of public id `wanted`, if in the campaign."""
    try:
        found = people(campaign)
    except Invalid:
        return []
    key = Contact.key_of(wanted) if wanted else None
    if key is None or any(one.pk == key for one in found):
        return found
    rows = Enrolment.objects.filter(campaign=campaign, contact=key).listed().select_related("contact")
    return [*(cast(Contact, row.contact) for row in rows), *found][:MOST_PEOPLE]


def draft_mail(
    campaign: Campaign,
    *,
    document: Mapping[str, Any],
    node: str,
    contact: Contact,
    now: datetime,
    with_marks: bool = False,
) -> Preview:
    """Return one mail of a document that may be unfinished elsewhere, as a contact would get it.

    `with_marks` shows where blank variables should stand (see `campaigns.mail.marks`).

    Raises:
        Invalid: the mail itself cannot be made yet, or there is no such email; its details name the field.
    """
    mails = {item["id"]: item for item in document["nodes"] if item["type"] == "email"}
    if node not in mails:
        raise Invalid(_("There is no email with this id in the workflow"), field="nodeId")
    names = variables.names(campaign.workspace)
    found = _mould_problems(mails[node], names)
    if found:
        raise Invalid(next(iter(found.values()))[0], details=found)
    # A follow-up without a subject of its own takes that of a mail before it.
    before = [name for name in drafts.before(document, node, kind="email") if not _mould_problems(mails[name], names)]
    chain = graph.parse(_in_a_row([mails[name] for name in (*before, node)]))
    return rendering.preview(
        campaign=campaign, graph=chain, node_id=node, contact=contact, now=now, with_marks=with_marks
    )


def _mould_problems(item: Mapping[str, Any], names: Collection[str]) -> Problems:
    data = registry.kind("email").usable(item.get("data") or {})
    if not data["body"].strip():
        return {"body": [_("The email needs a body.")]}
    return moulds.problems(data, names=names)


def _in_a_row(mails: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a document with these mails one after the other."""
    nodes = [{"id": " start", "type": "start"}, *mails, {"id": " end", "type": "end"}]
    return {"nodes": nodes, "edges": [{"from": one["id"], "to": two["id"]} for one, two in pairwise(nodes)]}
