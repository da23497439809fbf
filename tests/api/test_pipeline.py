"""Figures of the pipeline over the API; how they come about is tested beside the domain."""

from datetime import timedelta
from typing import Any

from contacts import stages
from contacts.models import Contact, PipelineStage
from fluenzr.workspaces.models import Workspace
from tests.api.test_contacts import data
from tests.builders import NOW, make_contact
from tests.clients import ApiClient

DAY = timedelta(days=1)
MARCH = "?from=2026-03-01&to=2026-03-31"


def walked(workspace: Workspace, *names: str, **fields: Any) -> Contact:
    """Somebody who came to each stage a day after the one before."""
    contact = make_contact(workspace, **fields)
    for number, name in enumerate(names):
        stage = PipelineStage.objects.get(workspace=workspace, name=name)
        stages.move([contact], to=stage, by="jo", now=NOW + number * DAY)
    return contact


def test_figures_of_a_period(api: ApiClient, workspace: Workspace, other_workspace: Workspace) -> None:
    for one in (workspace, other_workspace):
        stages.create_defaults(one.pk)
        walked(one, "Lead", "Qualified", deal_value=500)
    walked(workspace, "Lead", "Won", deal_value="99.90")
    walked(workspace, "Lead", "Lost")
    found = data(api.get(f"/pipeline/statistics{MARCH}"))
    assert {name: found[name] for name in found if name != "stages"} == {
        "from": "2026-03-01T00:00:00Z",
        "to": "2026-04-01T00:00:00Z",
        "currency": "EUR",
        "won": {"contactsCount": 1, "value": 99.9},
        "lost": {"contactsCount": 1, "value": 0.0},
        "successRate": 50.0,
        "open": {"contactsCount": 1, "value": 500.0},
    }
    rows = {row["name"]: row for row in found["stages"]}
    assert list(rows) == [name for name, _colour, _role in stages.DEFAULTS]
    lead = rows["Lead"]
    assert (lead["reached"], lead["onward"], lead["conversionRate"], lead["averageDays"]) == (3, 2, 66.7, 1.0)
    qualified = rows["Qualified"]
    assert (qualified["contactsCount"], qualified["value"], qualified["role"]) == (1, 500.0, "qualified")
    assert (rows["Lost"]["reached"], rows["Lost"]["contactsCount"]) == (None, 1)


def test_an_empty_pipeline_has_rates_of_nothing(api: ApiClient, workspace: Workspace) -> None:
    stages.create_defaults(workspace.pk)
    found = data(api.get("/pipeline/statistics"))
    assert (found["successRate"], found["stages"][0]["conversionRate"], found["stages"][0]["averageDays"]) == (
        0.0,
        0.0,
        None,
    )


def test_a_period_that_ends_before_it_begins_is_refused(api: ApiClient) -> None:
    answer = api.get("/pipeline/statistics?from=2026-03-02&to=2026-03-01")
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["to"])
