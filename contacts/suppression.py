"""Who must never be written to, whatever the campaign. Matching is by keyed hash, so it outlives the person's data."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from contacts import addresses, facts
from contacts.enums import ContactStatus, SuppressionKind, SuppressionReason
from contacts.models import Contact, ContactQuerySet, Suppression
from contacts.models.suppression import SuppressionQuerySet
from fluenzr.core import bus
from fluenzr.core.errors import Invalid
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import Workspace

_DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Where there are more entries than a part of the addresses that are asked about, the latter are looked for by hash.
_FEW = 4
# Addresses asked about in one query: with their domains they stay well under SQLite's limit of parameters.
_AT_ONCE = 5000
# Where a door takes targets of each kind, for the paths of errors.
_PATHS = {SuppressionKind.ADDRESS.value: "emails", SuppressionKind.DOMAIN.value: "domains"}


def suppress(
    *,
    workspace: Workspace,
    targets: Iterable[str],
    now: datetime,
    kind: str = SuppressionKind.ADDRESS,
    reason: str = SuppressionReason.BY_HAND,
    source: str = "",
) -> int:
    """Bar addresses (or domains with all that is under them) and stop whoever they concern; return how many are new.

    The contacts keep their status: lifting the suppression is then enough to take it back.

    Raises:
        Invalid: a target is no address or domain; nothing is written.
    """
    return suppress_all(workspace=workspace, targets={kind: targets}, reason=reason, source=source, now=now)


def suppress_all(
    *,
    workspace: Workspace,
    targets: Mapping[str, Iterable[str]],
    now: datetime,
    reason: str = SuppressionReason.BY_HAND,
    source: str = "",
) -> int:
    """Like `suppress`, for targets of several kinds at once."""
    readable = {kind: _all_readable(given, kind) for kind, given in targets.items()}
    added = 0
    with transaction.atomic():
        for kind, names in readable.items():
            new = write(workspace=workspace, targets=names, kind=kind, reason=reason, source=source)
            added += new
            if new:
                changes = {"kind": kind, "reason": reason, "count": new, "source": source}
                by = source or "system"
                audit.record(workspace=workspace, by=by, action="suppression.added", changes=changes, now=now)
            _stop(workspace, names, kind, now)
    return added


def _stop(workspace: Workspace, targets: Sequence[str], kind: str, now: datetime) -> None:
    concerned = list(_concerned(workspace, targets, kind).reachable().values_list("pk", flat=True))
    for chunk in facts.chunks(concerned):
        stopped = facts.ContactsStopped(
            workspace_id=workspace.pk, contact_ids=chunk, status=ContactStatus.BLOCKED, reason="suppressed", at=now
        )
        bus.publish(stopped)


def write(*, workspace: Workspace, targets: Sequence[str], kind: str, reason: str, source: str) -> int:
    """Add the rows that are not there yet and return their number; what stands keeps its first reason."""
    hashed = {_hash(target, kind): target for target in targets}
    known = set(Suppression.objects.in_workspace(workspace).matching(hashed).values_list("target_hash", flat=True))
    rows = [
        Suppression(
            workspace=workspace, kind=kind, target=target, target_hash=digest, reason=reason, source=source[:200]
        )
        for digest, target in hashed.items()
        if digest not in known
    ]
    # Two writers at once: the unique key keeps one row, and either's reason is true.
    Suppression.objects.bulk_create(rows, ignore_conflicts=True, batch_size=facts.CHUNK)
    return len(rows)


def lift(*, suppressions: Iterable[Suppression], by: str, now: datetime) -> int:
    """Take suppressions back and return how many there were. A contact's own status stays; see `standing.restore`."""
    lifted = 0
    with transaction.atomic():
        for row in suppressions:
            changes = {"kind": row.kind, "reason": row.reason}
            audit.record(workspace=row.workspace, by=by, action="suppression.lifted", obj=row, changes=changes, now=now)
            lifted += Suppression.objects.filter(pk=row.pk).delete()[0]
    return lifted


def barred(workspace: Workspace, emails: Iterable[str]) -> set[str]:
    """Return those of the addresses, spelt as given, that are suppressed themselves or by a domain of theirs.

    As many queries as `standing` takes.
    """
    return set(standing(workspace, emails))


def reasons(workspace: Workspace, emails: Iterable[str]) -> dict[str, str]:
    """Return why each suppressed address is, for those that are suppressed themselves: one query."""
    hashes = {addresses.address_hash(email): email for email in emails}
    rows = Suppression.objects.in_workspace(workspace).matching(hashes)
    return {hashes[digest]: reason for digest, reason in rows.values_list("target_hash", "reason")}


def standing(workspace: Workspace, emails: Iterable[str]) -> dict[str, str]:
    """Return the suppressed ones of many addresses, each with the reason of its own, or "" where a domain is barred.

    As many queries as `standing_of_keys` takes.
    """
    keys = {email: addresses.key(email) for email in emails}
    found = standing_of_keys(workspace, keys.values())
    return {email: found[key] for email, key in keys.items() if key in found}


def standing_of_keys(workspace: Workspace, keys: Iterable[str]) -> dict[str, str]:
    """Do as `standing` for keys of addresses.

    One query where few are suppressed, for each 5,000 addresses; one more where they are many.
    """
    rows = Suppression.objects.in_workspace(workspace)
    asked = list(set(keys))
    found: dict[str, str] = {}
    for start in range(0, len(asked), _AT_ONCE):
        part = asked[start : start + _AT_ONCE]
        # To make and send hashes takes longer than to fetch a few: then all are fetched.
        few = len(part) // _FEW + 1
        entries = list(rows.values_list("kind", "target", "target_hash", "reason")[: few + 1])
        if not entries:
            return {}
        if len(entries) > few or not all(target for _kind, target, _digest, _reason in entries):
            found |= _by_hash(rows, part)
        else:
            found |= _by_name(entries, part)
    return found


def _by_name(entries: Sequence[tuple[str, str, str, str]], keys: Sequence[str]) -> dict[str, str]:
    """Look for keys among entries that can all be read."""
    own = {addresses.key(name): why for kind, name, _digest, why in entries if kind == SuppressionKind.ADDRESS}
    closed = {addresses.domain_key(name) for kind, name, _digest, _why in entries if kind == SuppressionKind.DOMAIN}
    return _among(keys, own, closed)


def _by_hash(rows: SuppressionQuerySet, keys: Sequence[str]) -> dict[str, str]:
    """Look for keys where entries are many, or some are of people who were erased and can be found by hash alone."""
    own = {addresses.key_hash(key): key for key in keys}
    last = {key.rpartition("@")[2] for key in keys}
    # Most domains are the only one that they belong to, which is said sooner than `domains_of` can.
    above = {name for domain in last if domain.count(".") > 1 for name in addresses.domains_of(domain)}
    domains = {addresses.key_hash(name): name for name in last | above}
    why = dict(rows.matching([*own, *domains]).values_list("target_hash", "reason"))
    barred = {own[digest]: reason for digest, reason in why.items() if digest in own}
    return _among(keys, barred, {domains[digest] for digest in why if digest in domains})


def _among(keys: Sequence[str], own: Mapping[str, str], closed: set[str]) -> dict[str, str]:
    """Return the barred ones of the keys: those of `own`, each with its reason, and those of the domains `closed`."""
    found = {key: own[key] for key in keys if key in own}
    if closed:
        found |= {key: "" for key in keys if key not in own and closed.intersection(addresses.domains_of(key))}
    return found


def _all_readable(targets: Iterable[str], kind: str) -> list[str]:
    found: set[str] = set()
    for index, target in enumerate(targets):
        try:
            found.add(_readable(target, kind))
        except Invalid as error:
            raise Invalid(error.message, field=f"{_PATHS[kind]}.{index}") from error
    return sorted(found)


def is_domain(text: str) -> bool:
    """Whether a text names a domain, `example.org` or `@example.org`."""
    return "@" not in text.lstrip("@") and _DOMAIN.fullmatch(addresses.domain_key(text)) is not None


def _readable(target: str, kind: str) -> str:
    if kind == SuppressionKind.ADDRESS:
        return addresses.normalise(target)
    if not is_domain(target):
        raise Invalid(_("This is not a domain"))
    return addresses.domain_key(target)


def _hash(target: str, kind: str) -> str:
    return addresses.address_hash(target) if kind == SuppressionKind.ADDRESS else addresses.domain_hash(target)


def _concerned(workspace: Workspace, targets: Sequence[str], kind: str) -> ContactQuerySet:
    people = Contact.objects.in_workspace(workspace)
    if kind == SuppressionKind.ADDRESS:
        return people.filter(email_key__in=[addresses.key(target) for target in targets])
    ends = [Q(email_key__endswith=f"{sign}{target}") for target in targets for sign in "@."]
    return people.filter(reduce(or_, ends)) if ends else people.none()
