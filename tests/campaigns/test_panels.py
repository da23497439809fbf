from typing import Any

import pytest
from django.http import QueryDict

from campaigns import panels
from campaigns.models import Campaign
from campaigns.nodes import registry
from contacts.models import Tag
from fluenzr.workspaces.models import Workspace
from tests.builders import make_campaign, make_email_node, make_field, make_group, make_workflow, make_workspace

pytestmark = pytest.mark.django_db

ASK = {"id": "asked", "type": "condition", "data": {"check": "opened"}}


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace)


def options(campaign: Campaign, document: dict[str, Any], name: str) -> list[str]:
    field = panels.form(campaign, document, "asked").fields[name]
    return [value for value, _label in field.widget.choices]


def test_palette_holds_every_type_of_the_registry(workspace: Workspace) -> None:
    found = {entry["kind"]: entry for entry in panels.palette(workspace)}
    assert found.keys() == registry.kinds().keys()
    ports = [(port["name"], str(port["label"]), port["required"]) for port in found["condition"]["ports"]]
    assert ports == [("yes", "Yes", True), ("no", "No", True), ("unknown", "Unknown", False)]
    assert found["email"]["ports"] == [{"name": "", "label": "", "required": True}]
    assert [kind for kind, entry in found.items() if entry["single"]] == ["start"]
    assert found["end"]["ports"] == []


def test_palette_says_which_types_the_plan_lacks() -> None:
    found = {entry["kind"]: str(entry["refusal"]) for entry in panels.palette(make_workspace(plan="free"))}
    assert found == {kind: "Not in your plan" if kind == "condition" else "" for kind in registry.kinds()}


@pytest.mark.parametrize("kind", sorted(registry.kinds()))
def test_every_type_is_born_with_data_that_its_form_can_show(campaign: Campaign, kind: str) -> None:
    data = dict(registry.kind(kind).begins_with)
    form = panels.form(campaign, {"nodes": [{"id": "one", "type": kind, "data": data}], "edges": []}, "one")
    assert [str(field) for field in form] == [str(field) for field in form]
    assert all(form[name].value() == value for name, value in data.items())


def test_choices_come_from_the_workspace_and_from_the_way_before(campaign: Campaign) -> None:
    group = make_group(campaign.workspace, "Clients")
    make_group(make_workspace(), "Foreign")
    make_field(campaign.workspace, "size")
    Tag.objects.create(workspace=campaign.workspace, name="vip")
    document = make_workflow(make_email_node("mail_1"), ASK, make_email_node("mail_2"))
    assert options(campaign, document, "nodeId") == ["", "mail_1"]
    assert options(campaign, document, "groupId") == ["", group.public_id]
    assert {"company", "size"} <= set(options(campaign, document, "field"))
    assert panels.form(campaign, document, "asked").fields["tag"].widget.suggestions == ["vip"]


def test_choice_that_is_gone_stays_chosen(campaign: Campaign) -> None:
    gone = {**ASK, "data": {"check": "opened", "nodeId": "mail_9"}}
    assert options(campaign, make_workflow(gone), "nodeId") == ["", "mail_9"]


def test_panel_of_no_node_is_an_error(campaign: Campaign) -> None:
    with pytest.raises(KeyError):
        panels.form(campaign, make_workflow(), "gone")


@pytest.mark.parametrize(
    ("kind", "posted", "data", "wrong"),
    [
        ("delay", "days=2&hours=0&minutes=0", {"days": 2, "hours": 0, "minutes": 0, "businessDays": False}, []),
        ("delay", "days=x&hours=0&minutes=0&businessDays=on", {"days": "x", "businessDays": True}, ["days"]),
        ("delay", "days=0&hours=0&minutes=0", {"days": 0}, [""]),
        ("email", "subject=Hi&body=Hello%00", {"body": "Hello", "trackOpens": False, "sameThread": False}, ["body"]),
        ("email", "subject=Hi&body=+Hello+&trackOpens=on", {"body": " Hello ", "trackOpens": True}, []),
    ],
)
def test_what_is_typed_becomes_data_whether_it_can_be_used_or_not(
    kind: str, posted: str, data: dict[str, Any], wrong: list[str]
) -> None:
    found, errors = panels.values(kind, QueryDict(posted))
    assert {name: found[name] for name in data} == data
    assert list(errors) == wrong
