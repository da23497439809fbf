"""The lists of the API as Django REST framework is usually used: ModelSerializer with page numbers, nothing else.

No key, no rate limit, no plan: the peer does less than the product. Related rows are fetched ahead, as its documents
recommend. It needs Django set up; `benchmarks.api` makes it the URL configuration.
"""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.viewsets import ReadOnlyModelViewSet

from campaigns.models import Enrolment, Event
from contacts.models import Contact, Membership, PipelineStage
from fluenzr.urls import urlpatterns as own_patterns
from fluenzr.workspaces.models import User


class Pages(PageNumberPagination):
    """Twenty items a page."""

    page_size = 20


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    """A group of a contact."""

    id = serializers.UUIDField(source="group.id")
    name = serializers.CharField(source="group.name")

    class Meta:
        model = Membership
        fields = ("id", "name")


class StageSerializer(serializers.ModelSerializer[PipelineStage]):
    """The stage of a contact."""

    class Meta:
        model = PipelineStage
        fields = ("id", "name")


class OwnerSerializer(serializers.ModelSerializer[User]):
    """The owner of a contact."""

    class Meta:
        model = User
        fields = ("id", "name", "email")


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """The fields of `GET /v1/contacts`."""

    groups = MembershipSerializer(source="memberships", many=True)
    tags: Any = serializers.SerializerMethodField()
    stage = StageSerializer()
    owner = OwnerSerializer()

    class Meta:
        model = Contact
        fields = [
            "id",
            "email",
            "first_name",
            "last_name",
            "company",
            "job_title",
            "phone",
            "website",
            "country",
            "timezone",
            "language",
            "notes",
            "status",
            "custom",
            "tags",
            "groups",
            "stage",
            "deal_value",
            "owner",
            "hold_until",
            "created_at",
            "updated_at",
        ]

    def get_tags(self, contact: Contact) -> list[str]:
        """Return the names of the tags."""
        return [tagging.tag.name for tagging in contact.taggings.all()]


class PersonSerializer(serializers.ModelSerializer[Enrolment]):
    """The fields of `GET /v1/campaigns/:id/contacts` but those that have to be worked out (when and why)."""

    email = serializers.CharField(source="contact.email")

    class Meta:
        model = Enrolment
        fields = [
            "contact",
            "email",
            "status",
            "node",
            "next_run_at",
            "emails_sent",
            "first_opened_at",
            "first_clicked_at",
            "replied_at",
            "added_at",
            "finished_at",
        ]


class EventSerializer(serializers.ModelSerializer[Event]):
    """The fields of `GET /v1/campaigns/:id/activity`."""

    email = serializers.CharField(source="contact.email")

    class Meta:
        model = Event
        fields = "id type contact email node at metadata".split()  # noqa: SIM905 - as above


class ContactViews(ReadOnlyModelViewSet[Contact]):
    """The contacts of a workspace, newest first."""

    permission_classes = ()
    pagination_class = Pages
    serializer_class = ContactSerializer

    def get_queryset(self) -> Any:
        """Return the rows with what the serializer shows."""
        rows = Contact.objects.select_related("stage", "owner")
        rows = rows.prefetch_related("memberships__group", "taggings__tag")
        return rows.filter(workspace=self.kwargs["of"]).order_by("-created_at", "-id")


class PersonViews(ReadOnlyModelViewSet[Enrolment]):
    """The people of a campaign."""

    permission_classes = ()
    pagination_class = Pages
    serializer_class = PersonSerializer

    def get_queryset(self) -> Any:
        """Return the rows with what the serializer shows."""
        return Enrolment.objects.select_related("contact").filter(campaign=self.kwargs["of"]).order_by("id")


class EventViews(ReadOnlyModelViewSet[Event]):
    """What happened in a campaign, newest first."""

    permission_classes = ()
    pagination_class = Pages
    serializer_class = EventSerializer

    def get_queryset(self) -> Any:
        """Return the rows with what the serializer shows."""
        rows = Event.objects.select_related("contact").filter(campaign=self.kwargs["of"], is_bot=False)
        return rows.order_by("-at", "-id")


urlpatterns = [
    *own_patterns,
    path("drf/contacts/<uuid:of>", ContactViews.as_view({"get": "list"})),
    path("drf/people/<uuid:of>", PersonViews.as_view({"get": "list"})),
    path("drf/activity/<uuid:of>", EventViews.as_view({"get": "list"})),
]
