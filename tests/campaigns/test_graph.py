from typing import Any

import pytest

from campaigns import graph
from campaigns.models import WorkflowVersion
from campaigns.nodes.base import NEXT
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import make_campaign, make_email_node, make_field, make_group, make_workflow

pytestmark = pytest.mark.django_db

START, END = {"id": "start", "type": "start"}, {"id": "end", "type": "end"}
OPENED = {"id": "ask", "type": "condition", "data": {"check": "opened"}}
WAIT = {"id": "wait", "type": "delay", "data": {"days": 3}}


def edge(source: str, target: str, branch: str | None = None) -> dict[str, str]:
    return {"from": source, "to": target} | ({"branch": branch} if branch else {})


def document(nodes: list[Any], *edges: Any) -> dict[str, Any]:
    return {"nodes": nodes, "edges": list(edges)}


def branching(*more: dict[str, str], ask: dict[str, Any] = OPENED) -> dict[str, Any]:
    """start, mail_1, ask: yes to mail_2, no to the end."""
    nodes = [START, make_email_node(), ask, make_email_node("mail_2"), END]
    edges = [edge("start", "mail_1"), edge("mail_1", "ask"), edge("ask", "mail_2", "yes"), edge("ask", "end", "no")]
    return document(nodes, *edges, edge("mail_2", "end"), *more)


def paths(found: Any, workspace: Workspace) -> list[str]:
    return list(graph.problems(found, workspace=workspace))


def test_good_workflows_have_no_problems(workspace: Workspace) -> None:
    good = [graph.EMPTY, make_workflow(make_email_node(), WAIT, make_email_node("mail_2")), branching()]
    good.append(branching(edge("ask", "mail_2", "unknown")))
    assert [graph.problems(one, workspace=workspace) for one in good] == [{}] * 4


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (None, "workflow"),
        ([], "workflow"),
        ("start", "workflow"),
        ({"nodes": 5, "edges": []}, "workflow.nodes"),
        ({"nodes": {}, "edges": []}, "workflow.nodes"),
        ({"nodes": [START]}, "workflow.edges"),
        ({**graph.EMPTY, "version": 1}, "workflow.version"),
        (document([START, 7]), "workflow.nodes.1"),
        (document([START, {"type": "end"}]), "workflow.nodes.1.id"),
        (document([START, {"id": 3, "type": "end"}]), "workflow.nodes.1.id"),
        (document([START, END], ["start", "end"]), "workflow.edges.0"),
        (document([START, END], {"to": "end"}), "workflow.edges.0.from"),
        (document([START, END], {"from": ["start"], "to": "end"}), "workflow.edges.0.from"),
    ],
)
def test_wrong_shape_is_named_by_its_path(workspace: Workspace, given: Any, path: str) -> None:
    assert paths(given, workspace) == [path]


def test_workflow_without_nodes_is_refused(workspace: Workspace) -> None:
    assert paths(document([]), workspace) == ["workflow.nodes"]


def test_workflow_needs_one_start(workspace: Workspace) -> None:
    none = document([make_email_node(), END], edge("mail_1", "end"))
    two = document([START, {"id": "other", "type": "start"}, END], edge("start", "end"), edge("other", "end"))
    assert paths(none, workspace) == ["workflow.nodes"]
    assert paths(two, workspace) == ["workflow.nodes.other"]


@pytest.mark.parametrize("name", ["", "a b", "a.b", "x" * 65, "é", "a\n"])
def test_node_id_is_short_and_plain(workspace: Workspace, name: str) -> None:
    given = document([START, END, {"id": name, "type": "end"}], edge("start", "end"))
    assert paths(given, workspace) == ["workflow.nodes.2.id"]


def test_node_ids_are_unique(workspace: Workspace) -> None:
    given = make_workflow(make_email_node(), make_email_node())
    assert "workflow.nodes.mail_1.id" in paths(given, workspace)


@pytest.mark.parametrize("kind", ["teleport", "", None, 3, ["email"], "Email"])
def test_unknown_node_type_is_refused(workspace: Workspace, kind: Any) -> None:
    given = make_workflow({"id": "odd", "type": kind}, make_email_node())
    assert paths(given, workspace) == ["workflow.nodes.odd.type"]


def test_unknown_keys_are_refused(workspace: Workspace) -> None:
    given = make_workflow(make_email_node(trackOpen=True), {**WAIT, "color": "red"})
    given["edges"][0]["label"] = "go"
    assert set(paths(given, workspace)) == {
        "workflow.nodes.mail_1.data.trackOpen",
        "workflow.nodes.wait.color",
        "workflow.edges.0.label",
    }


@pytest.mark.parametrize("position", [{"x": 1, "y": -2.5}, None])
def test_position_is_two_numbers(workspace: Workspace, position: Any) -> None:
    assert paths(make_workflow({**make_email_node(), "position": position}), workspace) == []


@pytest.mark.parametrize(
    "position", [[1, 2], "1,2", {"x": 1}, {"x": 1, "y": "2"}, {"x": True, "y": 1}, {"x": 1e300, "y": 1}]
)
def test_other_position_is_refused(workspace: Workspace, position: Any) -> None:
    given = make_workflow({**make_email_node(), "position": position})
    assert paths(given, workspace) == ["workflow.nodes.mail_1.position"]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"subject": 5}, "subject"),
        ({"body": None}, "body"),
        ({"body": ""}, "body"),
        ({"body": "  "}, "body"),
        ({"subject": "x" * 501}, "subject"),
        ({"trackOpens": "yes"}, "trackOpens"),
        ({"trackClicks": 1}, "trackClicks"),
        ({"bodyFormat": "markdown"}, "bodyFormat"),
        ({"body": "a\x00b"}, "body"),
        ({"body": "Hi {{ firstName"}, "body"),
        ({"body": "Hi {{ shoeSize }}"}, "body"),
        ({"subject": "Hi {{ shoeSize }}"}, "subject"),
        ({"body": "{% if firstName %}Hi"}, "body"),
    ],
)
def test_wrong_email_is_named_by_its_key(workspace: Workspace, data: dict[str, Any], key: str) -> None:
    assert paths(make_workflow(make_email_node(**data)), workspace) == [f"workflow.nodes.mail_1.data.{key}"]


def test_data_must_be_an_object(workspace: Workspace) -> None:
    given = make_workflow({"id": "mail_1", "type": "email", "data": ["Hi"]})
    assert paths(given, workspace) == ["workflow.nodes.mail_1.data"]


def test_custom_field_is_a_known_name(workspace: Workspace, other_workspace: Workspace) -> None:
    make_field(workspace, "shoeSize")
    given = make_workflow(make_email_node(body="Size {{ shoeSize }}"))
    assert paths(given, workspace) == []
    assert paths(given, other_workspace) == ["workflow.nodes.mail_1.data.body"]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({}, ""),
        ({"days": 0, "hours": 0}, ""),
        ({"days": -1}, ".days"),
        ({"days": 366}, ".days"),
        ({"days": True}, ".days"),
        ({"days": "3"}, ".days"),
        ({"days": 1.5}, ".days"),
        ({"days": 10**30}, ".days"),
        ({"days": 1, "businessDays": 1}, ".businessDays"),
        ({"days": 1, "weeks": 1}, ".weeks"),
    ],
)
def test_wrong_delay_is_named_by_its_key(workspace: Workspace, data: dict[str, Any], key: str) -> None:
    given = make_workflow({"id": "wait", "type": "delay", "data": data})
    assert paths(given, workspace) == [f"workflow.nodes.wait.data{key}"]


def test_first_email_needs_a_subject_and_later_ones_follow_the_thread(workspace: Workspace) -> None:
    given = make_workflow(make_email_node(subject=""), make_email_node("mail_2", subject=""))
    assert paths(given, workspace) == ["workflow.nodes.mail_1.data.subject"]


def test_email_that_only_one_path_precedes_needs_a_subject(workspace: Workspace) -> None:
    tag = {"id": "ask", "type": "condition", "data": {"check": "tag", "tag": "vip"}}
    nodes = [START, tag, make_email_node(), make_email_node("mail_2", subject=""), END]
    edges = [edge("start", "ask"), edge("ask", "mail_1", "yes"), edge("ask", "mail_2", "no"), edge("mail_1", "mail_2")]
    given = document(nodes, *edges, edge("mail_2", "end"))
    assert paths(given, workspace) == ["workflow.nodes.mail_2.data.subject"]


def test_node_without_a_way_out_is_refused(workspace: Workspace) -> None:
    given = document([START, make_email_node(), END], edge("start", "mail_1"))
    assert paths(given, workspace) == ["workflow.nodes.mail_1", "workflow.nodes.end"]


def test_branch_without_an_end_is_refused(workspace: Workspace) -> None:
    given = branching()
    given["edges"].remove(edge("ask", "end", "no"))
    found = graph.problems(given, workspace=workspace)
    assert {path: [str(text) for text in texts] for path, texts in found.items()} == {
        "workflow.nodes.ask": ["The branch “no” leads nowhere: every branch reaches an end."]
    }


def test_orphan_is_refused(workspace: Workspace) -> None:
    given = make_workflow(make_email_node())
    given["nodes"].append(make_email_node("lost"))
    given["edges"].append(edge("lost", "end"))
    assert paths(given, workspace) == ["workflow.nodes.lost"]


def test_loop_is_refused_and_only_its_nodes_are_named(workspace: Workspace) -> None:
    given = branching()
    given["edges"].remove(edge("mail_2", "end"))
    given["edges"].append(edge("mail_2", "mail_1"))
    assert paths(given, workspace) == ["workflow.nodes.mail_1", "workflow.nodes.ask", "workflow.nodes.mail_2"]


def test_loop_of_one_is_refused(workspace: Workspace) -> None:
    given = document([START, END, WAIT], edge("start", "end"), edge("wait", "wait"))
    assert paths(given, workspace) == ["workflow.nodes.wait"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (edge("mail_1", "nowhere"), "edges.0.to"),
        (edge("nobody", "end"), "edges.0.from"),
        ({"from": "mail_1", "to": 5}, "edges.0.to"),
        ({"from": "mail_1"}, "edges.0.to"),
        (edge("end", "mail_1"), "edges.0.from"),
        (edge("mail_1", "start"), "edges.0.to"),
        (edge("mail_1", "end", "yes"), "edges.0.branch"),
        (edge("mail_1", "end", NEXT), "edges.0.branch"),
        ({**edge("mail_1", "end"), "branch": ["yes"]}, "edges.0.branch"),
        ({**edge("ask", "end")}, "edges.0.branch"),
        (edge("ask", "end", "maybe"), "edges.0.branch"),
        ({**edge("ask", "end"), "branch": 1}, "edges.0.branch"),
        (edge("mail_1", "end"), "edges.2"),
        (edge("ask", "end", "yes"), "edges.3"),
    ],
)
def test_wrong_edge_is_named_by_its_index(workspace: Workspace, wrong: dict[str, Any], path: str) -> None:
    given = branching()
    given["edges"].insert(0, wrong)
    assert paths(given, workspace) == [f"workflow.{path}"]


def test_500_nodes_are_enough(workspace: Workspace) -> None:
    delays = [{"id": f"wait_{number}", "type": "delay", "data": {"days": 1}} for number in range(499)]
    assert paths(make_workflow(*delays[:498]), workspace) == []
    assert paths(make_workflow(*delays), workspace) == ["workflow.nodes"]


def test_too_many_edges_are_refused(workspace: Workspace) -> None:
    assert paths(document([START, END], *[edge("start", "end")] * 2001), workspace) == ["workflow.edges"]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({}, "check"),
        ({"check": "sneezed"}, "check"),
        ({"check": 1}, "check"),
        ({"check": "opened", "nodeId": "mail_2"}, "nodeId"),
        ({"check": "opened", "nodeId": "ask"}, "nodeId"),
        ({"check": "clicked", "nodeId": "nothing"}, "nodeId"),
        ({"check": "email_state"}, "state"),
        ({"check": "email_state", "state": "eaten"}, "state"),
        ({"check": "field", "operator": "equals"}, "field"),
        ({"check": "field", "field": "company"}, "operator"),
        ({"check": "field", "field": "shoeSize", "operator": "equals"}, "field"),
        ({"check": "field", "field": "unsubscribe_link", "operator": "equals"}, "field"),
        ({"check": "field", "field": "company", "operator": "like"}, "operator"),
        ({"check": "field", "field": "company", "operator": "greater", "value": "many"}, "value"),
        ({"check": "field", "field": "company", "operator": "greater", "value": "nan"}, "value"),
        ({"check": "field", "field": "company", "operator": "contains"}, "value"),
        ({"check": "tag"}, "tag"),
        ({"check": "group"}, "groupId"),
        ({"check": "group", "groupId": "grp_0"}, "groupId"),
        ({"check": "opened", "withinDays": -1}, "withinDays"),
        ({"check": "opened", "withinDays": "2"}, "withinDays"),
    ],
)
def test_wrong_condition_is_named_by_its_key(workspace: Workspace, data: dict[str, Any], key: str) -> None:
    given = branching(ask={"id": "ask", "type": "condition", "data": data})
    assert paths(given, workspace) == [f"workflow.nodes.ask.data.{key}"]


def test_condition_on_a_mail_needs_one_before_it(workspace: Workspace) -> None:
    given = document([START, OPENED, END], edge("start", "ask"), edge("ask", "end", "yes"), edge("ask", "end", "no"))
    assert paths(given, workspace) == ["workflow.nodes.ask.data.check"]


def test_condition_names_groups_of_its_workspace_only(workspace: Workspace, other_workspace: Workspace) -> None:
    data = {"check": "group", "groupId": make_group(workspace).public_id}
    given = branching(ask={"id": "ask", "type": "condition", "data": data})
    assert paths(given, workspace) == []
    assert paths(given, other_workspace) == ["workflow.nodes.ask.data.groupId"]


def test_all_problems_are_said_at_once(workspace: Workspace) -> None:
    given = branching(ask={"id": "ask", "type": "condition", "data": {"check": "tag"}})
    given["nodes"].append({"id": "lost", "type": "delay", "data": {"days": -1}})
    given["nodes"][3] = make_email_node("mail_2", body="{{ shoeSize }}")
    with pytest.raises(Invalid) as caught:
        graph.check(given, workspace=workspace)
    assert set(caught.value.details) == {
        "workflow.nodes.ask.data.tag",
        "workflow.nodes.lost.data.days",
        "workflow.nodes.lost",
        "workflow.nodes.mail_2.data.body",
    }


def test_root_of_the_paths_is_given(workspace: Workspace) -> None:
    assert list(graph.problems({}, workspace=workspace, root="graph")) == ["graph.nodes", "graph.edges"]


def test_parse_fills_in_defaults() -> None:
    node = graph.parse(make_workflow(make_email_node())).nodes["mail_1"]
    assert node.data == {
        "subject": "Subject of mail_1",
        "body": "Hello",
        "bodyFormat": "",
        "trackOpens": True,
        "trackClicks": True,
        "sameThread": False,
        "attachments": [],
    }


def test_null_is_the_default() -> None:
    node = graph.parse(make_workflow(make_email_node(trackOpens=None, sameThread=None))).nodes["mail_1"]
    assert (node.data["trackOpens"], node.data["sameThread"]) == (True, False)


def test_emails_are_numbered_from_the_start_yes_before_no() -> None:
    given = branching()
    given["nodes"].append(make_email_node("mail_3"))
    given["edges"] = [
        edge("ask", "mail_3", "no"),
        edge("mail_3", "end"),
        *[one for one in given["edges"] if one != edge("ask", "end", "no")],
    ]
    given["nodes"].reverse()
    assert [node.id for node in graph.parse(given).emails()] == ["mail_1", "mail_2", "mail_3"]


def test_unknown_follows_no_unless_it_has_an_edge() -> None:
    assert graph.parse(branching()).follow("ask", "unknown") == "end"
    assert graph.parse(branching(edge("ask", "mail_2", "unknown"))).follow("ask", "unknown") == "mail_2"
    assert graph.parse(branching()).follow("end", NEXT) is None


def test_version_is_read_once(workspace: Workspace) -> None:
    version = make_campaign(workspace).version
    first = graph.of_version(version.pk)
    WorkflowVersion.objects.all().update(graph={})
    assert graph.of_version(version.pk) is first


def test_refused_key_does_not_hide_what_is_wrong_with_another(workspace: Workspace) -> None:
    document = make_workflow(make_email_node(subject="Hi {{frstName}}", body=""), make_email_node("mail_2", subject=7))
    document["nodes"][2]["data"]["body"] = "Hi {{ nobody }}"
    found = graph.problems(document, workspace=workspace)
    paths = ["mail_1.data.body", "mail_1.data.subject", "mail_2.data.body", "mail_2.data.subject"]
    assert sorted(found) == [f"workflow.nodes.{path}" for path in paths]
