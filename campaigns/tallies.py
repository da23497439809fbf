"""Counters: one upsert a batch, keys sorted, so that two writers never wait for each other in a circle."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import F
from django.db.models.functions import Greatest

from campaigns.models import CampaignTotal, Message, Passage, Tally
from campaigns.models.event import ALL_TIME, NO_ACCOUNT
from fluenzr.core.ids import uuid7

SLOT_SECONDS = 15 * 60
TALLY_COUNTERS = ("sent", "delivered", "opened", "clicked", "replied", "bounced", "unsubscribed", "failed")
TOTAL_COUNTERS = (
    "contacts",
    "sent",
    "opened",
    "clicked",
    "replied",
    "bounced",
    "unsubscribed",
    "emails_sent",
    "uncertain",
)


def slot_of(at: datetime) -> datetime:
    """Return the start of the quarter of an hour around an instant."""
    return datetime.fromtimestamp(int(at.timestamp()) // SLOT_SECONDS * SLOT_SECONDS, at.tzinfo)


class Book:
    """Gathers counts of one transaction and writes them at its end.

    Counts of mails go by the message's node and account and the quarter of an hour; counts of people by campaign.
    """

    def __init__(self) -> None:
        self._mails: dict[tuple[Any, ...], Counter[str]] = {}
        self._people: dict[tuple[UUID, UUID], Counter[str]] = {}
        self._passages: Counter[tuple[UUID, UUID, str, str]] = Counter()

    def mail(self, message: Message, counter: str, at: datetime, by: int = 1) -> None:
        """Count something that happened to a mail, in its quarter of an hour and in the sum.

        Only mails of a sequence count: a test mail of a campaign is none that was sent to a contact.
        """
        if message.campaign_id is None or message.enrolment_id is None:
            return
        for account, slot in ((message.account_id or NO_ACCOUNT, slot_of(at)), (NO_ACCOUNT, ALL_TIME)):
            key = (message.workspace_id, message.campaign_id, message.node, message.variant, account, slot)
            self._mails.setdefault(key, Counter())[counter] += by

    def person(self, workspace_id: UUID, campaign_id: UUID, counter: str, by: int = 1) -> None:
        """Count people of a campaign."""
        self._people.setdefault((workspace_id, campaign_id), Counter())[counter] += by

    def passed(self, workspace_id: UUID, campaign_id: UUID, node: str, port: str, by: int = 1) -> None:
        """Count people who left a node by a port."""
        self._passages[workspace_id, campaign_id, node, port] += by

    def write(self) -> None:
        """Add the counts to the rows, inside the caller's transaction."""
        keys = ("workspace", "campaign", "node", "variant", "account", "slot")
        _add(Tally, keys, ("campaign", "node", "variant", "account", "slot"), self._mails, TALLY_COUNTERS)
        _add(CampaignTotal, ("workspace", "campaign"), ("campaign",), self._people, TOTAL_COUNTERS)
        passages = {key: Counter(passed=count) for key, count in self._passages.items()}
        _add(Passage, ("workspace", "campaign", "node", "port"), ("campaign", "node", "port"), passages, ("passed",))


def _add(
    model: type[models.Model],
    keys: tuple[str, ...],
    unique: tuple[str, ...],
    counts: Mapping[tuple[Any, ...], Counter[str]],
    counters: tuple[str, ...],
) -> None:
    """Upsert rows of counters; raw SQL, as the ORM's upsert cannot add to what is there. PostgreSQL and SQLite."""
    used = [name for name in counters if any(row[name] for row in counts.values())]
    if not used:
        return
    meta = model._meta
    has_own_key = meta.pk is not None and meta.pk.name not in keys
    fields = [meta.get_field(name) for name in (*(["id"] if has_own_key else []), *keys, *counters)]
    columns = [str(getattr(item, "column", "")) for item in fields]
    table = connection.ops.quote_name(meta.db_table)
    quoted = [connection.ops.quote_name(column) for column in columns]
    rows: list[Any] = []
    for key, row in sorted(counts.items(), key=lambda item: tuple(map(str, item[0]))):
        values = [*([uuid7()] if has_own_key else []), *key, *(row[name] for name in counters)]
        rows.extend(
            item.get_db_prep_save(value, connection)  # type: ignore[union-attr]
            for item, value in zip(fields, values, strict=True)
        )
    one_row = f"({', '.join(['%s'] * len(columns))})"
    target = ", ".join(connection.ops.quote_name(str(getattr(meta.get_field(name), "column", ""))) for name in unique)
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in used)
    sql = (
        f"INSERT INTO {table} ({', '.join(quoted)}) VALUES {', '.join([one_row] * len(counts))} "  # noqa: S608
        f"ON CONFLICT ({target}) DO UPDATE SET {added}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, rows)


def add_people(workspace_id: UUID, campaign_id: UUID, counter: str, more: int) -> None:
    """Add to a count of people of a campaign."""
    book = Book()
    book.person(workspace_id, campaign_id, counter, more)
    book.write()


def take_people(campaign_id: UUID, counter: str, fewer: int) -> None:
    """Take from a count of people: contacts who were removed unmailed, doubts that were settled."""
    CampaignTotal.objects.filter(campaign=campaign_id).update(**{counter: Greatest(F(counter) - fewer, 0)})
