import pytest
from pytest_django import DjangoAssertNumQueries

from contacts import facts, suppression
from contacts.enums import SuppressionKind
from contacts.models import Suppression
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_contact
from tests.listening import heard


def test_barred_finds_addresses_and_domains(workspace: Workspace) -> None:
    suppression.suppress(workspace=workspace, targets=["Jane@Example.com"], now=NOW)
    suppression.suppress(workspace=workspace, targets=["rival.com"], kind=SuppressionKind.DOMAIN, now=NOW)
    emails = ["JANE@example.com", "joe@example.com", "a@rival.com", "a@mail.rival.com", "a@notrival.com"]

    assert suppression.barred(workspace, emails) == {"JANE@example.com", "a@rival.com", "a@mail.rival.com"}


def test_barred_is_one_small_query_where_nothing_is_suppressed(
    workspace: Workspace, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        suppression.barred(workspace, [f"a{number}@example{number}.com" for number in range(2000)])


@pytest.mark.parametrize(("asked", "erased", "queries"), [(2000, False, 1), (10, False, 2), (2000, True, 2)])
def test_barred_takes_one_more_where_many_are_suppressed_or_some_are_known_by_hash_alone(
    workspace: Workspace, django_assert_num_queries: DjangoAssertNumQueries, asked: int, erased: bool, queries: int
) -> None:
    targets = ["A7@example7.com", *(f"gone{number}@b.org" for number in range(20))]
    suppression.suppress(workspace=workspace, targets=targets, now=NOW)
    suppression.suppress(workspace=workspace, targets=["example9.com"], kind="domain", now=NOW)
    if erased:
        Suppression.objects.filter(target__in=["A7@example7.com", "example9.com"]).update(target="")
    emails = [
        f"a{number}@mail.example{number}.com" if number == 9 else f"a{number}@example{number}.com"
        for number in range(asked)
    ]
    with django_assert_num_queries(queries):
        found = suppression.standing(workspace, emails)
    assert found == {"a7@example7.com": "by_hand", "a9@mail.example9.com": ""}


def test_barred_knows_only_its_workspace(workspace: Workspace, other_workspace: Workspace) -> None:
    suppression.suppress(workspace=other_workspace, targets=["jane@example.com"], now=NOW)

    assert suppression.barred(workspace, ["jane@example.com"]) == set()


def test_suppress_counts_what_is_new(workspace: Workspace) -> None:
    suppression.suppress(workspace=workspace, targets=["a@example.com"], now=NOW)

    assert suppression.suppress(workspace=workspace, targets=["a@example.com", "b@example.com"], now=NOW) == 1
    assert Suppression.objects.count() == 2


def test_suppress_refuses_all_when_one_is_no_address(workspace: Workspace) -> None:
    with pytest.raises(Invalid):
        suppression.suppress(workspace=workspace, targets=["a@example.com", "nobody"], now=NOW)

    assert not Suppression.objects.exists()


def test_suppress_a_domain_stops_its_people(workspace: Workspace) -> None:
    jane = make_contact(workspace, "jane@mail.rival.com")
    make_contact(workspace, "joe@example.com")

    with heard(facts.ContactsStopped) as told:
        suppression.suppress(workspace=workspace, targets=["rival.com"], kind=SuppressionKind.DOMAIN, now=NOW)

    assert [fact.contact_ids for fact in told] == [(jane.pk,)]


def test_lift_lets_mail_pass_again(workspace: Workspace) -> None:
    suppression.suppress(workspace=workspace, targets=["jane@example.com"], now=NOW)

    assert suppression.lift(suppressions=Suppression.objects.all(), by="jane@x.org", now=NOW) == 1
    assert suppression.barred(workspace, ["jane@example.com"]) == set()
