"""What staff see of what comes back. Facts are read-only; nothing here is edited by hand."""

from django.contrib import admin

from fluenzr.core.admin import ReadOnlyAdmin
from tracking.models import Conversation, InboundMail, RawHit


@admin.register(RawHit)
class RawHitAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "message", "link", "method", "ip", "user_agent", "folded")
    list_filter = ("kind", "folded")
    search_fields = ("=message", "ip")
    ordering = ("-at",)


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ("subject", "contact", "account", "campaign", "status", "last_at", "workspace")
    list_filter = ("status",)
    list_select_related = ("contact", "account", "campaign", "workspace")
    search_fields = ("subject", "=contact__email_key", "=account__email")
    ordering = ("-last_at",)


@admin.register(InboundMail)
class InboundMailAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "kind", "sender", "subject", "contact", "answers", "account", "workspace")
    list_filter = ("kind",)
    list_select_related = ("contact", "answers", "account", "workspace")
    search_fields = ("=sender", "=message_id", "subject", "=account__email")
    ordering = ("-received_at",)
    exclude = ("raw",)
