from decimal import Decimal

import pytest
from django.test import Client

from contacts import pipeline, stages
from contacts.models import ContactSettings, PipelineStage, StageMove
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_contact, make_group, make_member
from tests.clients import signed_in

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


@pytest.fixture
def row(workspace: Workspace) -> list[PipelineStage]:
    stages.create_defaults(workspace.pk)
    return stages.ordered(workspace)


def test_board_shows_cards_counts_and_sums(client: Client, workspace: Workspace, row: list[PipelineStage]) -> None:
    make_contact(workspace, first_name="Ann", company="Acme", stage=row[0], deal_value=Decimal(1200))
    page = client.get("/pipeline/").content.decode()
    assert "Ann" in page
    assert "1\u202f200\u00a0EUR" in page
    assert page.count('class="lane is-stage-') == 6


def test_board_takes_as_many_queries_for_three_cards_as_for_one(
    client: Client, workspace: Workspace, row: list[PipelineStage], django_assert_num_queries: object
) -> None:
    make_contact(workspace, stage=row[0], owner=make_member(workspace).user)
    client.get("/pipeline/")
    with django_assert_num_queries(10):  # type: ignore[operator]
        client.get("/pipeline/")
    make_contact(workspace, stage=row[0], owner=make_member(workspace).user)
    make_contact(workspace, stage=row[0])
    with django_assert_num_queries(10):  # type: ignore[operator]
        client.get("/pipeline/")


def test_filters_of_the_address_narrow_the_board(
    client: Client, workspace: Workspace, teammate: Member, row: list[PipelineStage]
) -> None:
    mine = make_contact(workspace, "mine@x.org", stage=row[0], owner=teammate.user)
    make_contact(workspace, "other@x.org", stage=row[0])
    group = make_group(workspace, members=(mine,))
    for query in (f"owner={teammate.user.public_id}", f"group={group.public_id}", "q=mine"):
        page = client.get(f"/pipeline/?{query}").content.decode()
        assert ("mine@x.org" in page, "other@x.org" in page) == (True, False)
    assert "mine@x.org" not in client.get("/pipeline/?owner=none").content.decode()


def test_more_brings_the_next_cards_of_one_column(
    client: Client, workspace: Workspace, row: list[PipelineStage]
) -> None:
    for number in range(51):
        make_contact(workspace, f"p{number}@x.org", stage=row[0])
    make_contact(workspace, "elsewhere@x.org", stage=row[1])
    part = client.get(f"/pipeline/?stage={row[0].public_id}&from=50", **HTMX).content.decode()
    assert (part.count('class="deal"'), "p0@x.org" in part, "elsewhere" in part) == (1, True, False)


def test_many_are_counted_after_the_cards_are_shown(
    client: Client, workspace: Workspace, row: list[PipelineStage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "FEW", 1)
    monkeypatch.setattr(pipeline, "CARDS", 1)
    for number in range(2):
        make_contact(workspace, f"p{number}@x.org", stage=row[0], deal_value=Decimal(300))
    page = client.get("/pipeline/?q=x.org").content.decode()
    assert ("more than 1<" in page, 'hx-get="/pipeline/?q=x.org&amp;heads=1"' in page) == (True, True)
    heads = client.get("/pipeline/?q=x.org&heads=1", **HTMX).content.decode()
    assert (heads.count('hx-swap-oob="true"'), '<span class="number">2</span>' in heads) == (6, True)
    assert "600\u00a0EUR" in heads


def test_move_by_a_form_and_by_script(client: Client, workspace: Workspace, row: list[PipelineStage]) -> None:
    contact = make_contact(workspace, stage=row[0])
    url = f"/pipeline/contacts/{contact.public_id}/stage"
    assert client.post(url, {"to": row[1].public_id, "next": "/pipeline/?q=x"})["Location"] == "/pipeline/?q=x"
    heads = client.post(url, {"to": row[2].public_id}, **HTMX).content.decode()
    assert heads.count('class="lane-head"') == 6
    client.post(url, {"to": ""})
    contact.refresh_from_db()
    assert contact.stage is None
    assert StageMove.objects.count() == 3


def test_a_stage_of_another_workspace_is_not_there(
    client: Client, workspace: Workspace, other_workspace: Workspace
) -> None:
    stages.create_defaults(other_workspace.pk)
    foreign = stages.ordered(other_workspace)[0]
    contact = make_contact(workspace)
    url = f"/pipeline/contacts/{contact.public_id}/stage"
    assert client.post(url, {"to": foreign.public_id}).status_code == 404


def test_viewers_move_nobody(workspace: Workspace, row: list[PipelineStage]) -> None:
    viewer = signed_in(make_member(workspace, Role.VIEWER))
    contact = make_contact(workspace, stage=row[0])
    assert "data-deal=" not in viewer.get("/pipeline/").content.decode()
    assert viewer.post(f"/pipeline/contacts/{contact.public_id}/stage", {"to": row[1].public_id}).status_code == 403


def test_value_is_noted(client: Client, workspace: Workspace, row: list[PipelineStage]) -> None:
    contact = make_contact(workspace, stage=row[0])
    url = f"/pipeline/contacts/{contact.public_id}/value"
    assert client.post(url, {"value": "99,90"}).status_code == 303
    contact.refresh_from_db()
    assert contact.deal_value == Decimal("99.90")
    assert client.post(url, {"value": "many"}).status_code == 422


def test_statistics_show(client: Client, workspace: Workspace, row: list[PipelineStage]) -> None:
    contact = make_contact(workspace, deal_value=Decimal(500))
    client.post(f"/pipeline/contacts/{contact.public_id}/stage", {"to": row[4].public_id})
    page = client.get("/pipeline/statistics?days=30").content.decode()
    assert "500\u00a0EUR" in page
    assert "100.0\u202f%" in page


def test_stages_are_made_changed_ordered_and_deleted(client: Client, workspace: Workspace) -> None:
    form = {"name": "Demo", "colour": "teal", "role": "won"}
    assert client.post("/pipeline/stages/new", form)["Location"] == "/pipeline/stages/"
    assert client.post("/pipeline/stages/new", form).status_code == 422
    client.post("/pipeline/stages/new", {"name": "Next", "colour": "pink"})
    first, second = stages.ordered(workspace)
    client.post(f"/pipeline/stages/{second.public_id}/shift", {"to": "left"})
    assert stages.ordered(workspace) == [second, first]
    client.post(f"/pipeline/stages/{first.public_id}/edit", {"name": "Shown", "colour": "red"})
    first.refresh_from_db()
    assert (first.name, first.colour, first.role) == ("Shown", "red", "")
    contact = make_contact(workspace, stage=first)
    url = f"/pipeline/stages/{first.public_id}/delete"
    assert "1 contact stands in it" in client.get(url).content.decode()
    assert client.post(url).status_code == 422
    client.post(url, {"to": second.public_id})
    contact.refresh_from_db()
    assert (contact.stage, stages.ordered(workspace)) == (second, [second])


def test_currency_is_chosen(client: Client, workspace: Workspace) -> None:
    assert client.post("/pipeline/stages/currency", {"currency": "usd"}).status_code == 303
    assert ContactSettings.objects.get(workspace=workspace).currency == "USD"
    assert client.post("/pipeline/stages/currency", {"currency": "€"}).status_code == 422
