"""Every operator of every type of field, asked of real rows: who is found, in which words."""

from datetime import timedelta
from typing import Any

import pytest

from contacts import segments
from contacts.criteria import registry, rules
from contacts.enums import ContactStatus
from contacts.models import Consent, Tag, Tagging
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_contact, make_field, make_group, make_member, make_stage

DAY = timedelta(days=1)


def found(workspace: Workspace, field: str, operator: str, value: Any = None) -> list[str]:
    """Return the first names of those whom one criterion finds."""
    asked = {"field": field, "operator": operator} | ({} if value is None else {"value": value})
    rows = segments.matching(workspace, {"all": [asked]}, now=NOW)
    return sorted(rows.values_list("first_name", flat=True))


@pytest.mark.parametrize("field", ["company", "customFields.firm"])
@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [
        ("is", "acme", ["ann"]),
        ("is_not", "acme", ["bob", "cid", "dot"]),
        ("contains", "CME", ["ann", "bob"]),
        ("contains_not", "cme", ["cid", "dot"]),
        ("starts_with", "acme g", ["bob"]),
        ("ends_with", "gmbh", ["bob"]),
        ("contains", "%", []),
        ("is_blank", None, ["cid"]),
        ("is_not_blank", None, ["ann", "bob", "dot"]),
    ],
)
def test_text(workspace: Workspace, field: str, operator: str, value: Any, names: list[str]) -> None:
    make_field(workspace, "firm")
    for name, firm in (("ann", "Acme"), ("bob", "ACME GmbH"), ("cid", ""), ("dot", "Ajax")):
        make_contact(workspace, first_name=name, company=firm, custom={"firm": firm} if firm else {})

    assert found(workspace, field, operator, value) == names


@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [
        ("is", "acme.example", ["ann", "bob"]),
        ("is", "@ACME.example", ["ann", "bob"]),
        ("is", "bücher.example", ["cid"]),
        ("is", "example", []),
        ("is", "gmail.com", []),
        ("is_not", "acme.example", ["cid", "dot", "eve"]),
        ("is_not", "gmail.com", ["ann", "bob", "cid", "dot", "eve"]),
    ],
)
def test_company_domain(workspace: Workspace, operator: str, value: str, names: list[str]) -> None:
    addresses = {
        "ann": "ann@acme.example",
        "bob": "Bob@Acme.example",
        "cid": "cid@xn--bcher-kva.example",
        "dot": "dot@gmail.com",
        "eve": None,
    }
    for name, email in addresses.items():
        make_contact(workspace, email, first_name=name)

    assert found(workspace, "companyDomain", operator, value) == names


@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [
        ("is", 10, ["ann"]),
        ("is_not", 10, ["bob", "cid", "dot"]),
        ("greater", 9.5, ["ann"]),
        ("at_least", 9.5, ["ann", "bob"]),
        ("less", 9.5, ["dot"]),
        ("at_most", 9.5, ["bob", "dot"]),
        ("is_blank", None, ["cid"]),
        ("is_not_blank", None, ["ann", "bob", "dot"]),
    ],
)
def test_number_is_no_text(workspace: Workspace, operator: str, value: Any, names: list[str]) -> None:
    make_field(workspace, "staff", "number")
    for name, custom in (("ann", {"staff": 10}), ("bob", {"staff": 9.5}), ("cid", {}), ("dot", {"staff": -3})):
        make_contact(workspace, first_name=name, custom=custom)

    assert found(workspace, "customFields.staff", operator, value) == names


@pytest.mark.parametrize(("operator", "names"), [("yes", ["ann"]), ("no", ["bob", "cid"])])
def test_checkbox_that_nobody_saw_is_not_ticked(workspace: Workspace, operator: str, names: list[str]) -> None:
    make_field(workspace, "vip", "checkbox")
    for name, custom in (("ann", {"vip": True}), ("bob", {"vip": False}), ("cid", {})):
        make_contact(workspace, first_name=name, custom=custom)

    assert found(workspace, "customFields.vip", operator) == names


@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [
        ("is", "2026-03-02", ["today"]),
        ("before", "2026-03-02", ["past"]),
        ("after", "2026-03-02", ["soon"]),
        ("in_last_days", 10, ["past", "today"]),
        ("in_last_days", 9, ["today"]),
        ("days_ago", 9, ["past"]),
        ("days_ago", 10, []),
        ("in_next_days", 5, ["soon", "today"]),
        ("in_next_days", 4, ["today"]),
        ("is_blank", None, ["none"]),
        ("is_not_blank", None, ["past", "soon", "today"]),
    ],
)
def test_date_field(workspace: Workspace, operator: str, value: Any, names: list[str]) -> None:
    make_field(workspace, "due", "date")
    for name, days in (("past", -10), ("today", 0), ("soon", 5)):
        make_contact(workspace, first_name=name, custom={"due": (NOW + days * DAY).date().isoformat()})
    make_contact(workspace, first_name="none")

    assert found(workspace, "customFields.due", operator, value) == names


@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [
        ("is", "2026-03-02", ["today"]),
        ("before", "2026-03-02", ["past"]),
        ("after", "2026-03-01", ["soon", "today"]),
        ("in_last_days", 10, ["past", "today"]),
        ("days_ago", 9, ["past"]),
        ("in_next_days", 5, ["today"]),
        ("in_next_days", 6, ["soon", "today"]),
        ("is_blank", None, ["none"]),
        ("is_not_blank", None, ["past", "soon", "today"]),
    ],
)
def test_moment(workspace: Workspace, operator: str, value: Any, names: list[str]) -> None:
    for name, days in (("past", -10), ("today", 0), ("soon", 5)):
        make_contact(workspace, first_name=name, hold_until=NOW + days * DAY)
    make_contact(workspace, first_name="none")

    assert found(workspace, "holdUntil", operator, value) == names


def test_day_of_a_moment_is_that_of_the_workspace(workspace: Workspace) -> None:
    workspace.timezone = "Asia/Tokyo"
    make_contact(workspace, first_name="late", hold_until=NOW.replace(hour=15))  # the 3rd, 00:00 in Tokyo

    assert found(workspace, "holdUntil", "is", "2026-03-03") == ["late"]
    assert found(workspace, "holdUntil", "is", "2026-03-02") == []


@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [
        ("is", "Fintech", ["ann"]),
        ("is", ["Fintech", "Health"], ["ann", "bob"]),
        ("is_not", ["Fintech"], ["bob", "cid"]),
        ("is_blank", None, ["cid"]),
        ("is_not_blank", None, ["ann", "bob"]),
    ],
)
def test_dropdown(workspace: Workspace, operator: str, value: Any, names: list[str]) -> None:
    make_field(workspace, "sector", "dropdown", options=["Fintech", "Health"])
    for name, custom in (("ann", {"sector": "Fintech"}), ("bob", {"sector": "Health"}), ("cid", {})):
        make_contact(workspace, first_name=name, custom=custom)

    assert found(workspace, "customFields.sector", operator, value) == names


@pytest.mark.parametrize(
    ("operator", "wanted", "names"),
    [
        ("has_any", ["hot", "cold"], ["ann", "bob"]),
        ("has_all", ["hot", "cold"], ["ann"]),
        ("has_none", ["cold"], ["bob", "cid"]),
        ("is_blank", None, ["cid"]),
        ("is_not_blank", None, ["ann", "bob"]),
    ],
)
@pytest.mark.parametrize("field", ["tags", "groups"])
def test_tags_and_groups(workspace: Workspace, field: str, operator: str, wanted: Any, names: list[str]) -> None:
    ann, bob, _cid = (make_contact(workspace, first_name=name) for name in ("ann", "bob", "cid"))
    groups = {"hot": make_group(workspace, "hot", (ann, bob)), "cold": make_group(workspace, "cold", (ann,))}
    for name, people in (("hot", (ann, bob)), ("cold", (ann,))):
        tag = Tag.objects.create(workspace=workspace, name=name)
        for person in people:
            Tagging.objects.create(workspace=workspace, tag=tag, contact=person, added_at=NOW)
    value = [groups[name].public_id for name in wanted] if field == "groups" and wanted else wanted

    assert found(workspace, field, operator, value) == names


def test_status_stage_and_owner(workspace: Workspace) -> None:
    stage, owner = make_stage(workspace, "Lead"), make_member(workspace).user
    make_contact(workspace, first_name="ann", status=ContactStatus.BOUNCED, stage=stage)
    make_contact(workspace, first_name="bob", owner=owner)

    assert found(workspace, "status", "is", ["bounced", "blocked"]) == ["ann"]
    assert found(workspace, "status", "is_not", "bounced") == ["bob"]
    assert found(workspace, "pipelineStage", "is", stage.public_id) == ["ann"]
    assert found(workspace, "pipelineStage", "is_blank") == ["bob"]
    assert found(workspace, "owner", "is_not", owner.public_id) == ["ann"]


@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [
        ("is", "event", ["ann"]),
        ("is", "referral", []),
        ("is_not", "event", ["bob"]),
        ("is_blank", None, ["bob"]),
        ("is_not_blank", None, ["ann"]),
    ],
)
def test_newest_consent_counts(workspace: Workspace, operator: str, value: Any, names: list[str]) -> None:
    ann = make_contact(workspace, first_name="ann")
    make_contact(workspace, first_name="bob")
    for source, at in (("referral", NOW - DAY), ("event", NOW)):
        Consent.objects.create(workspace=workspace, contact=ann, source=source, by="test", given_at=at)

    assert found(workspace, "consentSource", operator, value) == names


def test_nobody_of_another_workspace_is_found(workspace: Workspace, other_workspace: Workspace) -> None:
    make_contact(other_workspace, first_name="ann")

    assert found(workspace, "firstName", "is", "ann") == []
    assert found(workspace, "tags", "is_blank") == []


@pytest.mark.parametrize("key", ["in", "contains", "a__b", "has_key", "isnull"])
@pytest.mark.parametrize("kind", ["text", "number", "date", "checkbox"])
def test_field_named_like_a_lookup(workspace: Workspace, key: str, kind: str) -> None:
    make_field(workspace, key, kind)
    value, asked = {
        "text": ("x", ("is", "x")),
        "number": (5, ("at_least", 5)),
        "date": ("2026-03-02", ("is", "2026-03-02")),
        "checkbox": (True, ("yes", None)),
    }[kind]
    make_contact(workspace, first_name="ann", custom={key: value})
    make_contact(workspace, first_name="bob")

    assert found(workspace, f"customFields.{key}", *asked) == ["ann"]


def test_any_and_all_nest(workspace: Workspace) -> None:
    for name, company, country in (("ann", "Acme", "FR"), ("bob", "Acme", "DE"), ("cid", "Ajax", "FR")):
        make_contact(workspace, first_name=name, company=company, country=country)
    asked = [
        {"field": "company", "operator": "is", "value": "Acme"},
        {
            "any": [
                {"field": "country", "operator": "is", "value": "DE"},
                {"field": "firstName", "operator": "is", "value": "cid"},
            ]
        },
    ]

    def names(document: Any) -> list[str]:
        return sorted(segments.matching(workspace, document, now=NOW).values_list("first_name", flat=True))

    assert names({"all": asked}) == ["bob"]
    assert names({"any": asked}) == ["ann", "bob", "cid"]
    assert rules.read(workspace, {"all": asked}).words() == (
        "Company is “Acme” and (Country is “DE” or First name is “cid”)"
    )


def test_every_operator_compiles_and_has_words(workspace: Workspace) -> None:
    """Whatever is registered can be asked, also of an empty workspace."""
    for kind in ("text", "number", "date", "dropdown", "checkbox", "url"):
        make_field(workspace, kind, kind, options=["x"])
    values = {"text": "x", "number": 1, "day": "2026-03-02", "days": 7}
    for field in registry.fields(workspace).values():
        for operator in field.operators.values():
            asked: dict[str, Any] = {"field": field.key, "operator": operator.key}
            if operator.takes == "choices":
                offered = field.choices.offered() if field.choices else ()
                if not offered:
                    continue
                asked["value"] = [offered[0][0]]
            elif operator.takes != "nothing":
                asked["value"] = values[operator.takes]
            assert segments.matching(workspace, {"any": [asked]}, now=NOW).count() == 0, asked
            assert "%(" not in rules.read(workspace, {"any": [asked]}).words()


@pytest.mark.parametrize(
    "company", ["Smith & Sons, Inc.", "L'Oréal/R&D (Paris)", " a-b ", "~x.y~", "back\\slash \\", "a :* & b | !c <-> d"]
)
def test_every_part_of_a_text_is_found_whatever_words_an_index_has(workspace: Workspace, company: str) -> None:
    make_contact(workspace, first_name="ann", company=company)
    make_contact(workspace, first_name="bob")
    length, asked = len(company), {}
    for start in range(length):
        for end in range(start + 1, length + 1):
            part = company[start:end]
            if part.strip() == part:
                asked["contains", part] = ["ann"]
                asked |= {("starts_with", part): ["ann"]} if start == 0 else {}
                asked |= {("ends_with", part): ["ann"]} if end == length else {}

    parts = list(asked)[:: max(1, len(asked) // 25)]
    assert {part: found(workspace, "company", *part) for part in parts} == {part: asked[part] for part in parts}


@pytest.mark.parametrize("text", ['Rue "Neuve"', "a\\b", "Orléans", "x % y_z", "“12” < 13"])
def test_text_of_an_own_field_is_found_however_it_is_written(workspace: Workspace, text: str) -> None:
    make_field(workspace, "street")
    make_field(workspace, "size", "dropdown", options=[text, "other"])
    make_contact(workspace, first_name="ann", custom={"street": text, "size": text})
    make_contact(workspace, first_name="bob", custom={"street": "other", "size": "other"})

    assert found(workspace, "customFields.street", "is", text) == ["ann"]
    assert found(workspace, "customFields.street", "contains", text[2:]) == ["ann"]
    assert found(workspace, "customFields.size", "is", [text]) == ["ann"]
