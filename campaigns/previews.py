"""What the mails of a campaign would say to one person, without sending anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns import graph, workflows
from campaigns.mail import rendering
from campaigns.mail.rendering import Preview
from campaigns.models import Campaign, Enrolment
from contacts.models import Contact
from fluenzr.core.errors import Invalid


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
    person = contact or _somebody(campaign)
    return person, [
        PreviewedEmail(
            email.id,
            number,
            rendering.preview(campaign=campaign, graph=workflow, node_id=email.id, contact=person, now=now),
        )
        for number, email in numbered
    ]


def _somebody(campaign: Campaign) -> Contact:
    inside = Enrolment.objects.filter(campaign=campaign, contact__isnull=False).listed().select_related("contact")
    first = inside.order_by("id").first()
    newest = Contact.objects.in_workspace(campaign.workspace_id).order_by("-id")
    somebody: Contact | None = first.contact if first is not None else newest.first()
    if somebody is None:
        raise Invalid(_("Add a contact first: a preview is for somebody"), field="contactId")
    return somebody
