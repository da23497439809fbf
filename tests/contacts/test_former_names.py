"""Tags that got another name: workflows that were written with the old one still mean them."""

import pytest

from contacts import tagging
from contacts.models import Contact, FormerName, Tag
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def jane(workspace: Workspace) -> Contact:
    contact = make_contact(workspace)
    tagging.add(workspace=workspace, names={contact.pk: ["vip"]}, now=NOW)
    return contact


def renamed(old: str, new: str) -> None:
    tagging.rename(Tag.objects.get(name=old), name=new, by="jo", now=NOW)


def meant(contact: Contact) -> set[str]:
    return tagging.meant([contact.pk])[contact.pk]


def test_every_name_that_a_tag_had_means_it(jane: Contact) -> None:
    renamed("vip", "VIP")
    renamed("VIP", "VIP 2026")
    assert meant(jane) == {"vip", "VIP", "VIP 2026"}


def test_name_that_comes_back_is_no_former_one(jane: Contact) -> None:
    renamed("vip", "VIP")
    renamed("VIP", "vip")
    assert meant(jane) == {"vip", "VIP"}
    assert list(FormerName.objects.values_list("name", flat=True)) == ["VIP"]


def test_a_new_tag_takes_the_name(jane: Contact, workspace: Workspace) -> None:
    renamed("vip", "VIP")
    joe = make_contact(workspace)
    tagging.add(workspace=workspace, names={joe.pk: ["vip"]}, now=NOW)
    assert (meant(jane), meant(joe)) == ({"VIP"}, {"vip"})


def test_another_tag_that_is_renamed_takes_the_name(jane: Contact, workspace: Workspace) -> None:
    tagging.add(workspace=workspace, names={jane.pk: ["cold"]}, now=NOW)
    renamed("vip", "VIP")
    renamed("cold", "vip")
    assert FormerName.objects.get(name="cold").tag.name == "vip"
    assert not FormerName.objects.filter(name="vip").exists()


def test_merged_tag_and_its_former_names_mean_the_one_that_stays(jane: Contact, workspace: Workspace) -> None:
    joe = make_contact(workspace)
    tagging.add(workspace=workspace, names={joe.pk: ["hot"]}, now=NOW)
    renamed("vip", "VIP")
    tagging.merge(Tag.objects.get(name="VIP"), into=Tag.objects.get(name="hot"), by="jo", now=NOW)
    assert (meant(jane), meant(joe)) == ({"hot", "VIP", "vip"}, {"hot", "VIP", "vip"})


def test_deleted_tag_is_meant_by_no_name(jane: Contact) -> None:
    renamed("vip", "VIP")
    tagging.delete(Tag.objects.get(), by="jo", now=NOW)
    assert (meant(jane), FormerName.objects.exists()) == (set(), False)


def test_names_of_other_workspaces_mean_nothing_here(jane: Contact, other_workspace: Workspace) -> None:
    renamed("vip", "VIP")
    tagging.add(workspace=other_workspace, names={make_contact(other_workspace).pk: ["vip"]}, now=NOW)
    assert meant(jane) == {"vip", "VIP"}
