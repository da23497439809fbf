from typing import Any

import pytest

from contacts import filters, grouping, segments
from contacts.models import Segment
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces.models import AuditEntry, Workspace
from tests.builders import NOW, make_contact, make_field, make_group

ACME = {"all": [{"field": "company", "operator": "is", "value": "Acme"}]}
FRENCH = {"any": [{"field": "country", "operator": "is", "value": "FR"}]}


def make(workspace: Workspace, name: str = "Acme people", rules: Any = ACME) -> Segment:
    return segments.create(workspace=workspace, name=name, rules=rules, by="ann", now=NOW)


def test_segment_finds_who_matches_now(workspace: Workspace) -> None:
    segment, jane = make(workspace), make_contact(workspace, company="acme")
    make_contact(workspace, company="Ajax")

    assert list(segments.contacts(segment, now=NOW)) == [jane]
    assert segments.words(workspace, [segment]) == {segment.pk: "Company is “Acme”"}


def test_segment_is_changed_and_deleted_on_the_record(workspace: Workspace) -> None:
    segment = make(workspace)
    segments.update(segment, changes={"name": " French ", "rules": FRENCH}, by="ann", now=NOW)
    segment.refresh_from_db()

    assert (segment.name, segment.rules) == ("French", FRENCH)
    segments.delete(segment, by="ann", now=NOW)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "segment.created",
        "segment.updated",
        "segment.deleted",
    ]


def test_name_is_wanted_once(workspace: Workspace, other_workspace: Workspace) -> None:
    make(workspace)
    make(other_workspace)
    with pytest.raises(Conflict):
        make(workspace)
    for name in (" ", "x" * 201):
        with pytest.raises(Invalid) as refused:
            make(workspace, name)
        assert list(refused.value.details) == ["name"]


def test_number_of_segments_is_bounded(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MAX_SEGMENTS", 1)
    make(workspace)
    with pytest.raises(Invalid):
        make(workspace, "Another")


def test_segment_of_what_was_deleted_since_finds_nobody_but_says_so(workspace: Workspace) -> None:
    group = make_group(workspace)
    asked = {"field": "groups", "operator": "has_none", "value": [group.public_id]}
    segment = make(workspace, rules={"all": [asked]})
    grouping.delete(group, by="ann", now=NOW)

    with pytest.raises(Invalid) as refused:
        segments.contacts(segment, now=NOW)
    assert list(refused.value.details) == ["rules.all.0.value.0"]
    assert segments.words(workspace, [segment]) == {segment.pk: ""}


def test_filters_take_segments_and_rules(workspace: Workspace) -> None:
    make_field(workspace, "vip", "checkbox")
    acme, french = make(workspace), make(workspace, "French", FRENCH)
    both = make_contact(workspace, company="Acme", country="FR", custom={"vip": True})
    one, other = make_contact(workspace, company="Acme"), make_contact(workspace, country="FR")
    ids = [acme.public_id, french.public_id]
    vip = {"all": [{"field": "customFields.vip", "operator": "yes"}]}

    def found(asked: Any) -> set[Any]:
        return set(filters.audience(workspace, asked))

    assert found({"segments": acme.public_id}) == {both, one}
    assert found({"segments": ids}) == {both, one, other}
    assert found({"segments": ids, "rules": vip, "status": "active"}) == {both}


def test_filter_of_another_workspaces_segment_is_refused(workspace: Workspace, other_workspace: Workspace) -> None:
    own, theirs = make(workspace), make(other_workspace)
    with pytest.raises(Invalid) as refused:
        filters.audience(workspace, {"segments": [own.public_id, theirs.public_id]})
    assert list(refused.value.details) == ["filters.segments.1"]


def test_filter_names_the_path_of_a_wrong_rule(workspace: Workspace) -> None:
    with pytest.raises(Invalid) as refused:
        filters.audience(workspace, {"rules": {"all": [{"field": "x"}]}})
    assert list(refused.value.details) == ["filters.rules.all.0.field"]
