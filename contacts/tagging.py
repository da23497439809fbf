"""Tags on contacts."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from contacts.criteria import mentions
from contacts.models import Contact, FormerName, Segment, Tag, Tagging
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import Workspace

MAX_LENGTH = 100
BATCH = 1000


def clean(names: Sequence[str], *, path: str = "tags") -> list[str]:
    """Return the names stripped and once each.

    Raises:
        Invalid: one is blank or too long; the details name `path.index`.
    """
    stripped = [name.strip() for name in names]
    message = [_("A tag has between 1 and %(max)s characters") % {"max": MAX_LENGTH}]
    problems = {f"{path}.{at}": message for at, name in enumerate(stripped) if not 1 <= len(name) <= MAX_LENGTH}
    if problems:
        raise Invalid(message[0], details=problems)
    return list(dict.fromkeys(stripped))


def add(
    *, workspace: Workspace, names: Mapping[uuid.UUID, Iterable[str]], now: datetime, source: str = "by_hand"
) -> None:
    """Tag contacts: `names` maps each contact's key to cleaned names. Four queries, whatever the number."""
    wanted = sorted({name for given in names.values() for name in given})
    if not wanted:
        return
    with transaction.atomic():
        tags = ensure(workspace, wanted)
        rows = [
            Tagging(workspace=workspace, tag_id=tags[name], contact_id=contact_id, source=source[:40], added_at=now)
            for contact_id, given in names.items()
            for name in given
        ]
        Tagging.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)


def remove(*, workspace: Workspace, contact_ids: Sequence[uuid.UUID], names: Iterable[str]) -> int:
    """Take tags off contacts and return how many were on them."""
    taggings = Tagging.objects.in_workspace(workspace).filter(contact__in=contact_ids, tag__name__in=list(names))
    return taggings.delete()[0]


def replace(contact: Contact, *, names: Sequence[str], now: datetime, source: str = "by_hand") -> None:
    """Let the contact carry exactly these tags."""
    with transaction.atomic():
        Tagging.objects.filter(contact=contact).exclude(tag__name__in=list(names)).delete()
        add(workspace=contact.workspace, names={contact.pk: names}, now=now, source=source)


def ensure(workspace: Workspace, names: Sequence[str]) -> dict[str, uuid.UUID]:
    """Return the key of each tag by its name, after making those that are missing."""
    rows = Tag.objects.in_workspace(workspace).filter(name__in=names)
    known = dict(rows.values_list("name", "pk"))
    missing = [Tag(workspace=workspace, name=name) for name in names if name not in known]
    if not missing:
        return known
    Tag.objects.bulk_create(missing, ignore_conflicts=True, batch_size=BATCH)
    _take(workspace, [tag.name for tag in missing])
    return dict(rows.values_list("name", "pk"))


def meant(contact_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    """Return the names by which a workflow may ask for the tags of each contact: those of today, and former ones."""
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    carried = Tagging.objects.filter(contact__in=contact_ids)
    former = FormerName.objects.filter(tag__taggings__contact__in=contact_ids)
    for contact, name in carried.values_list("contact", "tag__name"):
        found[contact].add(name)
    for contact, name in former.values_list("tag__taggings__contact", "name"):
        found[contact].add(name)
    return found


def counted(workspace: Workspace) -> QuerySet[Tag]:
    """Return the tags of a workspace `with_uses`."""
    return with_uses(Tag.objects.in_workspace(workspace))


def with_uses(tags: QuerySet[Tag]) -> QuerySet[Tag]:
    """Give each tag the number of contacts that carry it as `uses`, counted only for those that are fetched."""
    taggings = Tagging.objects.filter(tag=OuterRef("pk")).order_by().values("tag")
    number = Subquery(taggings.annotate(number=Count("*")).values("number"))
    return tags.annotate(uses=Coalesce(number, 0))


def segments_asking(tag: Tag) -> list[Segment]:
    """Return the segments whose rules name a tag."""
    return mentions.segments(tag.workspace, lambda asked: _names(asked, tag.name))


def rename(tag: Tag, *, name: str, by: str, now: datetime) -> Tag:
    """Give a tag another name; segments that name it follow, workflows go on asking for it by the old one.

    Raises:
        Invalid: the name is blank or too long.
        Conflict: there is a tag of this name, with which this one may be merged.
    """
    old, [new] = tag.name, clean([name], path="name")
    if new == old:
        return tag
    try:
        with transaction.atomic():
            _follow(tag, to=new)
            Tag.objects.filter(pk=tag.pk).update(name=new)
            _take(tag.workspace, [new])
            _remember(old, tag)
            changes = {"name": [old, new]}
            audit.record(workspace=tag.workspace, by=by, action="tag.renamed", obj=tag, changes=changes, now=now)
    except IntegrityError as error:
        sentence = _("A tag with this name exists already. Merge the two instead.")
        raise Conflict(sentence, field="name") from error
    tag.name = new
    return tag


def merge(tag: Tag, *, into: Tag, by: str, now: datetime) -> int:
    """Let all who carry a tag carry another one of the workspace instead, and return how many got it anew.

    Segments follow; workflows go on asking for the other one by the name of the tag that is gone.

    Raises:
        Invalid: both are the same.
    """
    if tag.pk == into.pk:
        raise Invalid(_("A tag cannot be merged with itself"), field="into")
    with transaction.atomic():
        _follow(tag, to=into.name)
        twice = Tagging.objects.filter(tag=into, contact=OuterRef("contact"))
        moved = Tagging.objects.filter(~Exists(twice), tag=tag).update(tag=into)
        changes = {"name": tag.name, "into": into.name, "contacts": moved}
        audit.record(workspace=tag.workspace, by=by, action="tag.merged", obj=tag, changes=changes, now=now)
        FormerName.objects.filter(tag=tag).update(tag=into)
        Tag.objects.filter(pk=tag.pk).delete()
        _remember(tag.name, into)
    return moved


def delete(tag: Tag, *, by: str, now: datetime) -> None:
    """Take a tag off everybody and delete it."""
    with transaction.atomic():
        changes = {"name": tag.name}
        audit.record(workspace=tag.workspace, by=by, action="tag.deleted", obj=tag, changes=changes, now=now)
        Tag.objects.filter(pk=tag.pk).delete()


def _take(workspace: Workspace, names: Sequence[str]) -> None:
    """Let names mean the tags that have them now, whatever they meant before."""
    FormerName.objects.in_workspace(workspace).filter(name__in=names).delete()


def _remember(name: str, tag: Tag) -> None:
    """Let a name that no tag has any more mean this one."""
    FormerName.objects.update_or_create(workspace_id=tag.workspace_id, name=name, defaults={"tag": tag})


def _names(asked: mentions.Criterion, name: str) -> bool:
    return asked["field"] == "tags" and name in _values(asked)


def _values(asked: mentions.Criterion) -> list[str]:
    """Return the values of a criterion, which may be given as one text."""
    given = asked.get("value") or []
    return given if isinstance(given, list) else [given]


def _follow(tag: Tag, *, to: str) -> None:
    """Let the rules that name a tag name another."""
    for segment in segments_asking(tag):
        for asked in mentions.criteria(segment.rules):
            if _names(asked, tag.name):
                asked["value"] = list(dict.fromkeys(to if one == tag.name else one for one in _values(asked)))
        segment.save(update_fields=["rules", "updated_at"])
