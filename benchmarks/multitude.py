"""A workspace with a million contacts, made by PostgreSQL itself: no row of theirs passes through Python."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, models

from benchmarks.crowd import CITIES, FIRST, GROUPS, LAST, TAGS, YEAR, stages
from campaigns.models import Enrolment
from contacts.enums import ConsentSource, ContactStatus
from contacts.models import Consent, Contact, Membership, Segment, StageMove, Tag, Tagging
from fluenzr.workspaces.models import Workspace
from tests import builders

# One contact in so many has the city and the tag that few have: those are found otherwise than what many have.
FEW = 1000
COMPANIES = 5000
# When the first key was drawn, in milliseconds: keys grow with the numbers, as they do in life.
EPOCH = 1_760_000_000_000
# What a segment asks, by the name under which `settle` returns its id.
SEGMENTS: dict[str, dict[str, Any]] = {
    "company_few": {"field": "company", "operator": "contains", "value": "pany 4321"},
    "company_many": {"field": "company", "operator": "contains", "value": "7"},
    "field_few": {"field": "customFields.city", "operator": "is", "value": "Oslo"},
    "field_many": {"field": "customFields.city", "operator": "is", "value": "Paris"},
    "tag_few": {"field": "tags", "operator": "has_any", "value": ["few"]},
    "tag_many": {"field": "tags", "operator": "has_any", "value": ["tag-3"]},
    "tag_not": {"field": "tags", "operator": "has_none", "value": ["tag-3"]},
    "status_many": {"field": "status", "operator": "is", "value": ["active"]},
    "consent_many": {"field": "consentSource", "operator": "is", "value": ["web_opt_in"]},
    "never_sent": {"field": "sent", "operator": "never"},
    "not_sent_lately": {"field": "sent", "operator": "not_in_last_days", "value": 30},
}


def settle(workspace: Workspace, *, people: int, now: datetime) -> dict[str, str]:
    """Fill the workspace; return the public ids of pages, by name in their paths, and those of the segments."""
    with without_checks(), without_indexes(Contact, StageMove, Membership, Tagging, Consent, Enrolment):
        return _settle(workspace, people, now)


def _settle(workspace: Workspace, people: int, now: datetime) -> dict[str, str]:
    _contacts(workspace, people, now)
    groups = [builders.make_group(workspace, f"Group {number}") for number in range(GROUPS)]
    tags = [Tag.objects.create(workspace=workspace, name=f"tag-{number}") for number in range(TAGS)]
    few = Tag.objects.create(workspace=workspace, name="few")
    campaign = builders.make_campaign(workspace, name="Half of them")
    known: dict[str, Any] = {"workspace": workspace}
    member = Membership(group=groups[0], added_at=now, **known)
    tagging = Tagging(tag=few, added_at=now, **known)
    consent = Consent(source=ConsentSource.WEB_OPT_IN, given_at=now, by="import", **known)
    journey = Enrolment(campaign=campaign, version=campaign.version, seed=1, added_at=now, **known)
    sent = "CURRENT_TIMESTAMP - number % 60 * interval '1 day'"
    _of_each(member)
    _of_each(member, group_id=_one_of([str(one.pk) for one in groups[1:]], salt=1))
    _of_each(tagging, tag_id=_one_of([str(one.pk) for one in tags], salt=2))
    _of_each(tagging, only=f"number % {FEW} = 0")
    _of_each(consent)
    _of_each(journey, only="number % 2 = 0", first_sent_at=sent, last_sent_at=sent)
    segments = {
        f"segment_{name}": Segment.objects.create(name=name, rules={"all": [rule]}, **known).public_id
        for name, rule in SEGMENTS.items()
    }
    someone = Contact.objects.in_workspace(workspace).latest("pk")
    return segments | {"group_id": groups[1].public_id, "contact_id": someone.public_id}


@contextmanager
def without_checks() -> Iterator[None]:
    """Have foreign keys not be checked, which takes half of the time; a superuser may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (True,):
            yield
            return
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = origin")


@contextmanager
def without_indexes(*tables: type[models.Model]) -> Iterator[None]:
    """Make all indexes but those of constraints after the rows, which is many times as quick."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            [[table._meta.db_table for table in tables]],
        )
        dropped = dict(cursor.fetchall())
        # What the definition of an index does not say: how much the planner is to know of its columns.
        cursor.execute(
            "SELECT attrelid::regclass::text, attnum, attstattarget FROM pg_attribute"
            " WHERE attrelid::regclass::text = ANY(%s) AND attstattarget >= 0",
            [list(dropped)],
        )
        known = cursor.fetchall()
        for name in dropped:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for definition in dropped.values():
            cursor.execute(definition)
        for name, column, statistics in known:
            cursor.execute(f'ALTER INDEX "{name}" ALTER COLUMN {column} SET STATISTICS {statistics}')


def _contacts(workspace: Workspace, people: int, now: datetime) -> None:
    """Make the contacts, and let each have come to their stage through all before it."""
    way = stages(workspace)
    keys = [str(one.pk) for one in way]
    builders.make_field(workspace, "city")
    email = f"'person' || number || '@company' || number % {COMPANIES} || '.example'"
    city = f"CASE WHEN number % {FEW} = 0 THEN 'Oslo' ELSE {_one_of(CITIES, salt=5)} END"
    insert(
        Contact(workspace=workspace, created_at=now, updated_at=now),
        f"generate_series(1, {people}) AS number",
        email=email,
        email_key=email,
        first_name=_one_of(FIRST, salt=6),
        last_name=_one_of(LAST, salt=7),
        company=f"'Company ' || number % {COMPANIES}",
        status=_one_of([ContactStatus.ACTIVE] * 8 + [ContactStatus.REPLIED, ContactStatus.UNSUBSCRIBED], salt=8),
        stage_id=_one_of(keys, salt=9),
        stage_at=f"CURRENT_TIMESTAMP - abs(hashint8extended(number, 10) % {YEAR.days * 86400}) * interval '1 second'",
        deal_value="CASE WHEN number % 3 = 0 THEN 100 + number % 19900 END",
        custom=f"jsonb_build_object('city', {city})",
    )
    for place, stage in enumerate(way):
        came = StageMove(workspace=workspace, to_stage=stage, from_stage=way[place - 1] if place else None, by="import")
        further = ", ".join(f"'{key}'" for key in keys[place:])
        _of_each(came, only=f"stage_id IN ({further})", at="stage_at", stayed="interval '1 day'" if place else "NULL")


def _of_each(sample: models.Model, *, only: str = "true", **values: str) -> None:
    """Write a row like the sample for each contact."""
    number = "substring(email FROM '^person([0-9]+)@')::int AS number"
    source = f"(SELECT *, {number} FROM contacts_contact WHERE email LIKE 'person%') AS c WHERE {only}"  # noqa: S608
    insert(sample, source, contact_id="c.id", **values)


def insert(sample: models.Model, source: str, **values: str) -> None:
    """Write a row like the sample for each of an SQL source, with the columns that expressions give."""
    fields = sample._meta.concrete_fields
    table, picked, given = connection.ops.quote_name(sample._meta.db_table), [], []
    values = {"id": key(sample._meta.db_table)} | values
    for field in fields:
        kind = field.db_type(connection)
        expression = values.get(field.column, "").replace("%", "%%")
        picked.append(f"CAST({expression or '%s'} AS {kind})")
        given += [] if expression else [field.get_db_prep_save(field.pre_save(sample, True), connection)]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    selected = f"SELECT {', '.join(picked)} FROM {source.replace('%', '%%')}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({columns}) {selected}", given)


def key(salt: str) -> str:
    """Return the expression of a UUIDv7 for each number."""
    noise = f"substr(md5(number || '{salt}' || random()), 1, 15)"
    stamp = f"lpad(to_hex({EPOCH} + number / 4096), 12, '0') || '7' || lpad(to_hex(number % 4096), 3, '0')"
    return f"({stamp} || 'a' || {noise})"


def _one_of(values: Sequence[str], *, salt: int) -> str:
    """Return the expression that draws one of the values for each number."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"(ARRAY[{listed}])[1 + abs(hashint8extended(number, {salt}) % {len(values)})]"
