from datetime import UTC, datetime

import pytest

from campaigns import tallies
from campaigns.models import CampaignTotal, Passage, Tally
from campaigns.models.event import ALL_TIME, NO_ACCOUNT
from campaigns.tallies import Book
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_enrolment, make_message

pytestmark = pytest.mark.django_db


def test_slot_is_the_quarter_of_an_hour() -> None:
    at = datetime(2026, 3, 2, 10, 29, 59, 999_999, tzinfo=UTC)
    assert tallies.slot_of(at) == datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
    assert tallies.slot_of(NOW) == NOW


def test_mail_counts_in_its_quarter_and_in_the_sum(workspace: Workspace) -> None:
    message = make_message(make_enrolment(make_campaign(workspace)))
    for _time in range(2):
        book = Book()
        book.mail(message, "sent", NOW)
        book.mail(message, "opened", NOW, by=2)
        book.write()
    rows = Tally.objects.order_by("slot").values_list("account", "slot", "node", "sent", "opened", "clicked")
    assert list(rows) == [
        (NO_ACCOUNT, ALL_TIME, "mail_1", 2, 4, 0),
        (message.account_id, NOW, "mail_1", 2, 4, 0),
    ]


def test_people_count_by_campaign(workspace: Workspace) -> None:
    campaign, other = make_campaign(workspace), make_campaign(workspace)
    for row, more in ((campaign, 3), (other, 1), (campaign, 2)):
        tallies.add_people(workspace.pk, row.pk, "contacts", more)
    tallies.take_people(campaign.pk, "contacts", 1)
    assert CampaignTotal.objects.get(campaign=campaign).contacts == 4
    assert CampaignTotal.objects.get(campaign=other).contacts == 1


def test_total_is_made_where_it_lacks(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    CampaignTotal.objects.all().delete()
    tallies.add_people(workspace.pk, campaign.pk, "contacts", 3)
    assert CampaignTotal.objects.get(campaign=campaign).contacts == 3


def test_passages_count_by_port(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    for _time in range(2):
        book = Book()
        book.passed(workspace.pk, campaign.pk, "ask", "yes")
        book.passed(workspace.pk, campaign.pk, "ask", "no", by=3)
        book.write()
    assert list(Passage.objects.order_by("passed").values_list("node", "port", "passed")) == [
        ("ask", "yes", 2),
        ("ask", "no", 6),
    ]


def test_empty_book_writes_nothing(workspace: Workspace, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        Book().write()


def test_many_keys_are_one_statement(workspace: Workspace, django_assert_num_queries: object) -> None:
    campaign = make_campaign(workspace)
    book = Book()
    for number in range(500):
        book.passed(workspace.pk, campaign.pk, f"node_{number}", "next")
    with django_assert_num_queries(1):  # type: ignore[operator]
        book.write()
    assert Passage.objects.count() == 500
