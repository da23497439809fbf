"""`/v1/suppressions`: who must never be written to."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import suppression
from contacts.enums import GIVEN_REASONS, SuppressionKind, SuppressionReason
from contacts.models import Suppression
from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Body, Paged
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Choice, CommaList, Texts
from fluenzr.core import clock


class SuppressionBody(Body):
    """Addresses and domains to bar."""

    emails = Texts(each=254, required=False, max_length=1000)
    domains = Texts(each=253, required=False, max_length=1000)
    reason = Choice(GIVEN_REASONS, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Demand something to bar."""
        if not (attrs.get("emails") or attrs.get("domains")):
            raise ValidationError({"": [_("Give emails, domains or both")]})
        return attrs


class SuppressionQuery(Paged):
    """What a list of suppressions may be asked for."""

    sorts: ClassVar[dict[str, str]] = {"createdAt": "created_at"}
    target = serializers.CharField(required=False)
    type = CommaList(Choice(SuppressionKind.choices), required=False)
    reason = CommaList(Choice(SuppressionReason.choices), required=False)


class SuppressionList(Resource):
    """`/v1/suppressions`."""

    def get(self, request: Request) -> Response:
        """List the suppressions."""
        asked = self.parameters(SuppressionQuery)
        rows = Suppression.objects.in_workspace(self.workspace)
        if "target" in asked:
            rows = rows.filter(target__icontains=asked["target"])
        if "type" in asked:
            rows = rows.filter(kind__in=asked["type"])
        if "reason" in asked:
            rows = rows.filter(reason__in=asked["reason"])
        return answers.page(rows, asked, show)

    def post(self, request: Request) -> Response:
        """Bar addresses and domains; those barred already are skipped."""
        given = self.body(SuppressionBody)
        targets: dict[str, list[str]] = {
            SuppressionKind.ADDRESS: given.get("emails", []),
            SuppressionKind.DOMAIN: given.get("domains", []),
        }
        reason = given.get("reason", SuppressionReason.BY_HAND)
        added = suppression.suppress_all(
            workspace=self.workspace, targets=targets, reason=reason, source=self.by, now=self.now
        )
        asked = sum(len(set(names)) for names in targets.values())
        return answers.one({"added": added, "skipped": asked - added, "errors": []})


class SuppressionOne(Resource):
    """`/v1/suppressions/:id`."""

    def get(self, request: Request, suppression_id: str) -> Response:
        """Show a suppression."""
        return answers.one(show(self.find(Suppression, suppression_id)))

    def delete(self, request: Request, suppression_id: str) -> Response:
        """Lift a suppression."""
        row: Suppression = self.find(Suppression, suppression_id)
        suppression.lift(suppressions=[row], by=self.by, now=self.now)
        return answers.one({"id": suppression_id, "deleted": True})


def show(row: Suppression) -> dict[str, Any]:
    """Return a suppression as the API shows it; the target of an erased person is null."""
    return {
        "id": row.public_id,
        "type": row.kind,
        "target": row.target or None,
        "reason": row.reason,
        "source": row.source or None,
        "createdAt": clock.to_iso(row.created_at),
    }
