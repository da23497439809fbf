import json
from uuid import UUID

import pytest

from contacts.models import Contact
from fluenzr.core import among
from fluenzr.workspaces.models import Workspace
from tests.builders import make_contact

AWKWARD = ['o\'neil "the" {first}, \\ %s é 名', "plain", ""]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_keys_are_found_and_others_are_not(workspace: Workspace, count: int) -> None:
    people = [make_contact(workspace, f"p{number}@a.example").pk for number in range(4)]
    asked = [*people[:count], UUID(int=7)]
    assert set(Contact.objects.filter(among.keys("pk", asked)).values_list("pk", flat=True)) == set(people[:count])


def test_texts_are_found_however_they_are_written(workspace: Workspace) -> None:
    for number, company in enumerate([*AWKWARD, "other"]):
        make_contact(workspace, f"p{number}@a.example", company=company)
    found = Contact.objects.filter(company__in=among.listed(json.dumps(AWKWARD))).values_list("company", flat=True)
    assert sorted(found) == sorted(AWKWARD)
    assert not Contact.objects.filter(company__in=among.listed("[]")).exists()
    assert Contact.objects.exclude(company__in=among.listed(json.dumps(AWKWARD))).get().company == "other"
