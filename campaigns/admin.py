"""What staff see of campaigns: where people and mails stand and why, and the domain's verbs as actions."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from campaigns import audience, lifecycle, outcomes, retries
from campaigns.enums import MessageState
from campaigns.models import (
    Addition,
    Attachment,
    Campaign,
    CampaignAccount,
    CampaignGroup,
    CampaignTotal,
    Claim,
    DayCount,
    Enrolment,
    Event,
    Link,
    Message,
    Passage,
    Snippet,
    Tally,
    WorkflowDraft,
    WorkflowVersion,
)
from fluenzr.core.admin import ReadOnlyAdmin, act, link, linked, rows_link
from fluenzr.core.errors import Conflict
from fluenzr.workspaces import access

Rows = QuerySet[Any]


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    """Campaigns with their numbers, and their life as actions."""

    list_display = ("name", "status", linked("workspace"), "senders", "people", "sent", "replied", "started_at")
    list_filter = ("status", "created_at")
    list_select_related = ("workspace", "total")
    search_fields = ("name", "=workspace__name", "lanes__account__email")
    ordering = ("-created_at",)
    readonly_fields = ("related",)
    actions = ("start", "pause", "resume", "archive", "cancel")

    def get_queryset(self, request: HttpRequest) -> Rows:
        """Read the accounts along."""
        lanes = CampaignAccount.objects.select_related("account").order_by("position")
        return super().get_queryset(request).prefetch_related(Prefetch("lanes", queryset=lanes))

    @admin.display(description=_("accounts"))
    def senders(self, campaign: Campaign) -> str:
        """Name the accounts that it sends from."""
        return format_html_join(", ", "{}", ((link(lane.account),) for lane in campaign.lanes.all()))

    @admin.display(description=_("people"), ordering="total__contacts")
    def people(self, campaign: Campaign) -> str:
        """Count those in it."""
        return rows_link(Enrolment, _total(campaign, "contacts"), campaign__id__exact=campaign.pk)

    @admin.display(description=_("mails sent"), ordering="total__emails_sent")
    def sent(self, campaign: Campaign) -> str:
        """Count its mails."""
        return rows_link(Message, _total(campaign, "emails_sent"), campaign__id__exact=campaign.pk)

    @admin.display(description=_("replied"), ordering="total__replied")
    def replied(self, campaign: Campaign) -> int:
        """Count those who replied."""
        return _total(campaign, "replied")

    @admin.display(description=_("related"))
    def related(self, campaign: Campaign) -> str:
        """Lead to its rows in the other lists."""
        models = (Enrolment, Message, Event, WorkflowVersion, Tally, Passage)
        links = (
            (rows_link(model, str(model._meta.verbose_name_plural), campaign__id__exact=campaign.pk),)
            for model in models
        )
        return format_html_join(", ", "{}", links)

    @admin.action(description=_("Start"), permissions=["operate"])
    def start(self, request: HttpRequest, rows: Rows) -> None:
        """Launch drafts."""
        _call(request, rows, lifecycle.start)

    @admin.action(description=_("Pause"), permissions=["operate"])
    def pause(self, request: HttpRequest, rows: Rows) -> None:
        """Suspend active campaigns."""
        _call(request, rows, lifecycle.pause)

    @admin.action(description=_("Resume"), permissions=["operate"])
    def resume(self, request: HttpRequest, rows: Rows) -> None:
        """Let paused campaigns run again."""
        _call(request, rows, lifecycle.resume)

    @admin.action(description=_("Archive"), permissions=["operate"])
    def archive(self, request: HttpRequest, rows: Rows) -> None:
        """Put completed campaigns away."""
        _call(request, rows, lifecycle.archive)

    @admin.action(description=_("Cancel: everybody stops where they are"), permissions=["operate"])
    def cancel(self, request: HttpRequest, rows: Rows) -> None:
        """End campaigns for good."""
        _call(request, rows, lifecycle.cancel)


@admin.register(Enrolment)
class EnrolmentAdmin(ReadOnlyAdmin):
    """People in campaigns: where each stands, what comes next, and why it ended."""

    list_display = (
        "public_id",
        linked("contact"),
        linked("campaign"),
        "status",
        "node",
        "phase",
        "next_run_at",
        "reason",
        "emails_sent",
        "mails",
    )
    list_filter = ("status", "phase")
    list_select_related = ("contact", "campaign")
    search_fields = ("=contact__email_key", "campaign__name")
    ordering = ("-id",)
    actions = ("remove", "retry")

    @admin.display(description=_("mails"))
    def mails(self, enrolment: Enrolment) -> str:
        """Lead to this person's mails."""
        return rows_link(Message, _("mails"), enrolment__id__exact=enrolment.pk)

    @admin.action(description=_("Take out of the campaign"), permissions=["operate"])
    def remove(self, request: HttpRequest, rows: Rows) -> None:
        """End journeys by hand."""
        by, now = _actor(request), timezone.now()

        def take_out(row: Enrolment) -> None:
            if row.contact is None:
                raise Conflict(_("The contact is erased"))
            audience.remove(row.campaign, contact_ids=[row.contact.public_id], by=by, now=now)

        act(request, rows.select_related("contact", "campaign"), take_out)

    @admin.action(description=_("Retry those that stopped in error"), permissions=["operate"])
    def retry(self, request: HttpRequest, rows: Rows) -> None:
        """Put journeys back to the step where they stopped."""
        by, now = _actor(request), timezone.now()
        act(request, rows.select_related("campaign"), lambda row: retries.retry(row, by=by, now=now))


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Mails: how far each is on its way, and the reason where it did not leave or nobody knows."""

    list_display = (
        "public_id",
        "recipient",
        "state",
        "reason",
        "purpose",
        linked("campaign"),
        "node",
        linked("account"),
        "not_before",
        "sent_at",
        "smtp_code",
        "attempts",
    )
    list_filter = ("state", "purpose", "bounce_kind")
    list_select_related = ("campaign", "account")
    search_fields = ("=recipient", "=message_id", "=provider_message_id", "=contact__email_key")
    ordering = ("-id",)
    readonly_fields = ("happened",)
    actions = ("it_arrived", "send_again")

    @admin.display(description=_("events"))
    def happened(self, message: Message) -> str:
        """Lead to what happened to it."""
        return rows_link(Event, _("events"), message__id__exact=message.pk)

    @admin.action(description=_("It arrived: count uncertain mails as sent"), permissions=["operate"])
    def it_arrived(self, request: HttpRequest, rows: Rows) -> None:
        """Settle a doubt by hand; what a person saw at the recipient is evidence."""
        now = timezone.now()

        def settle(message: Message) -> None:
            if message.state != MessageState.UNCERTAIN or not outcomes.arrived(message, now=now):
                raise Conflict(_("The mail is not uncertain"))

        act(request, rows, settle)

    @admin.action(description=_("Send uncertain mails again: may arrive twice"), permissions=["operate"])
    def send_again(self, request: HttpRequest, rows: Rows) -> None:
        """Send once more, knowingly."""
        by, now = _actor(request), timezone.now()
        act(request, rows.select_related("workspace"), lambda row: retries.send_again(row, by=by, now=now))


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    """What senders hold."""

    list_display = ("owner", linked("account"), "lease_until")
    list_select_related = ("account",)
    search_fields = ("owner", "account__email")
    ordering = ("lease_until",)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """What happened, newest first."""

    list_display = (
        "at",
        "type",
        "is_bot",
        linked("contact"),
        linked("campaign"),
        "node",
        linked("message"),
        "metadata",
    )
    list_filter = ("type", "is_bot")
    list_select_related = ("contact", "campaign", "message")
    search_fields = ("=contact__email_key", "=message__message_id")
    ordering = ("-at", "-id")


@admin.register(WorkflowVersion)
class WorkflowVersionAdmin(ReadOnlyAdmin):
    """Published workflows."""

    list_display = ("public_id", linked("campaign"), "number", "created_at", "created_by")
    list_select_related = ("campaign",)
    search_fields = ("campaign__name",)
    ordering = ("-created_at",)


@admin.register(WorkflowDraft)
class WorkflowDraftAdmin(ReadOnlyAdmin):
    """What people are drawing."""

    list_display = (linked("campaign"), "revision", "updated_at")
    list_display_links = ("revision",)
    list_select_related = ("campaign",)
    search_fields = ("campaign__name",)
    ordering = ("-updated_at",)


@admin.register(CampaignAccount)
class LaneAdmin(ReadOnlyAdmin):
    """Lanes: when each may send next, and what holds it."""

    list_display = (
        "id",
        linked("campaign"),
        linked("account"),
        "position",
        "next_slot_at",
        "wait_reason",
        "last_used_at",
    )
    list_filter = ("wait_reason",)
    list_select_related = ("campaign", "account")
    search_fields = ("campaign__name", "=account__email")
    ordering = ("-id",)


@admin.register(CampaignGroup)
class CampaignGroupAdmin(ReadOnlyAdmin):
    """Groups that feed campaigns, and groups that are excluded."""

    list_display = ("id", linked("campaign"), linked("group"), "role", linked("workspace"))
    list_filter = ("role",)
    list_select_related = ("campaign", "group", "workspace")
    search_fields = ("campaign__name", "group__name")
    ordering = ("-id",)


@admin.register(Addition)
class AdditionAdmin(ReadOnlyAdmin):
    """Orders to add many people to a campaign, and how far they are."""

    list_display = (linked("campaign"), "by", "meant", "done", "skipped", "error", "created_at", "ended_at")
    list_select_related = ("campaign",)
    search_fields = ("campaign__name",)
    ordering = ("-created_at",)


@admin.register(Link)
class LinkAdmin(ReadOnlyAdmin):
    """Where tracked links lead."""

    list_display = ("id", linked("version"), "node", "variant", "index", "url")
    list_select_related = ("version",)
    search_fields = ("url",)
    ordering = ("-id",)


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    """Files that mails carry."""

    list_display = ("name", linked("workspace"), "media_type", "size", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("name", "=workspace__name")
    ordering = ("-created_at",)


@admin.register(Snippet)
class SnippetAdmin(ReadOnlyAdmin):
    """Pieces of text."""

    list_display = ("name", linked("workspace"), "created_at", "updated_at")
    list_select_related = ("workspace",)
    search_fields = ("name", "=workspace__name")
    ordering = ("-created_at",)


@admin.register(CampaignTotal)
class CampaignTotalAdmin(ReadOnlyAdmin):
    """Counts of people."""

    list_display = (
        linked("campaign"),
        "contacts",
        "sent",
        "opened",
        "clicked",
        "replied",
        "bounced",
        "unsubscribed",
        "uncertain",
    )
    list_display_links = ("contacts",)
    list_select_related = ("campaign",)
    search_fields = ("campaign__name",)
    ordering = ("-campaign",)


@admin.register(Tally)
class TallyAdmin(ReadOnlyAdmin):
    """Counts of mails by quarter of an hour."""

    list_display = ("slot", linked("campaign"), "node", "variant", "sent", "opened", "clicked", "replied", "bounced")
    list_select_related = ("campaign",)
    search_fields = ("campaign__name", "=node")
    ordering = ("-slot",)


@admin.register(Passage)
class PassageAdmin(ReadOnlyAdmin):
    """Who left a node by which port."""

    list_display = ("id", linked("campaign"), "node", "port", "passed")
    list_select_related = ("campaign",)
    search_fields = ("campaign__name", "=node")
    ordering = ("-id",)


@admin.register(DayCount)
class DayCountAdmin(ReadOnlyAdmin):
    """What workspaces used of their plan's daily mails."""

    list_display = ("day", linked("workspace"), "taken")
    list_select_related = ("workspace",)
    search_fields = ("workspace__name",)
    ordering = ("-day",)


def _total(campaign: Campaign, counter: str) -> int:
    found: int = getattr(getattr(campaign, "total", None), counter, 0)
    return found


def _actor(request: HttpRequest) -> str:
    who: Any = request.user
    return access.actor(who)


def _call(request: HttpRequest, rows: Rows, verb: Callable[..., object]) -> None:
    by, now = _actor(request), timezone.now()
    act(request, rows, lambda campaign: verb(campaign, by=by, now=now))
