"""What the admin of every app is made of: lists that change nothing, links between rows, actions through the domain."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import DomainError
from fluenzr.core.ids import PublicIdMixin


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Shows rows and changes none; a search for a public id finds its row."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds rows by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits rows by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes rows by hand."""
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether the user may run actions: who may change the model, though not field by field."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> "tuple[QuerySet[Any], bool]":
        """Find the row of a public id, else what the search fields hold."""
        if issubclass(self.model, PublicIdMixin):
            key = self.model.key_of(search_term.strip())
            if key is not None:
                return queryset.filter(pk=key), False
        return super().get_search_results(request, queryset, search_term)


def link(row: models.Model | None, text: object = None) -> str:
    """Return a link to the admin page of a row; its text alone where there is none, and `-` for no row."""
    if row is None:
        return "-"
    try:
        url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return str(text or row)
    return format_html('<a href="{}">{}</a>', url, text or row)


def rows_link(model: type[models.Model], text: object, **filters: object) -> str:
    """Return a link to the list of a model, filtered."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    query = urlencode({name: str(value) for name, value in filters.items()})
    return format_html('<a href="{}?{}">{}</a>', url, query, text)


def linked(field: str, description: object = None) -> Callable[[Any], str]:
    """Return a column that links to the row behind a foreign key; select it along to keep the queries few."""

    @admin.display(description=str(description or field.replace("_", " ")), ordering=field)
    def column(row: Any) -> str:
        try:
            return link(getattr(row, field))
        except ObjectDoesNotExist:
            return "-"  # facts outlive what they speak of

    return column


def act(request: HttpRequest, rows: Iterable[Any], function: Callable[[Any], object]) -> None:
    """Run one domain call for each row; the page says how many went well and why the others did not."""
    done = 0
    for row in rows:
        try:
            function(row)
            done += 1
        except DomainError as error:
            messages.error(request, f"{row}: {error}")
    if done:
        messages.success(request, _("Done: %(count)d") % {"count": done})
