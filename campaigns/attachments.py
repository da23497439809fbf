"""Files that mails carry: uploaded once, named by the data of email nodes, never changed."""

import mimetypes
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from campaigns.mail import mime
from campaigns.models import Attachment
from fluenzr.core import blobs
from fluenzr.core.errors import Invalid, NotFound, Text
from fluenzr.workspaces.models import Workspace

# Of all files of one mail. Encoded it is a third more, and many servers take no mail above 20 MB.
MAX_BYTES = 10 * 1024 * 1024
MAX_FILES = 20
MAX_NAME = 200
# The large mailbox providers refuse every mail that carries one of these, also inside of an archive.
_REFUSED = """
ade adp apk appx bat cab chm cmd com cpl dll dmg exe hta ins iso isp jar js jse lib lnk mde msc msi msix msp mst nsh pif
ps1 scr sct shb sys vb vbe vbs vhd vxd wsc wsf wsh
"""
REFUSED = frozenset(_REFUSED.split())
OTHER = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"(application|audio|font|image|model|text|video)/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}")


def add(*, workspace: Workspace, name: str, content: bytes, media_type: str = "") -> Attachment:
    """Keep a file of a workspace and return it; the same file under the same name is kept once.

    Without a usable `media_type` it is guessed from the name.

    Raises:
        Invalid: it is empty, larger than a mail may carry, or of a kind that mail servers refuse.
    """
    name = cleaned(name)
    ending = PurePosixPath(name).suffix.lstrip(".").lower()
    if ending in REFUSED:
        text = _("Mail servers refuse files that end in .%(ending)s. Put it on the web and link to it.")
        raise Invalid(text % {"ending": ending}, field="name")
    if not content:
        raise Invalid(_("“%(name)s” is empty.") % {"name": name}, field="content")
    require_fitting(name, len(content))
    row, _created = Attachment.objects.get_or_create(
        workspace=workspace,
        blob=blobs.put(content),
        name=name,
        media_type=_media_type(media_type, name),
        defaults={"size": len(content)},
    )
    return row


def require_fitting(name: str, size: int) -> None:
    """Refuse a file that no mail could carry.

    Raises:
        Invalid: it has more bytes than all files of one mail may have.
    """
    if size > MAX_BYTES:
        text = _("“%(name)s” is too large: the files of one mail have at most %(most)s MB together.")
        raise Invalid(text % {"name": name, "most": MAX_BYTES // 1024**2}, field="content")


def joined(entries: Sequence[Mapping[str, Any]], new: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the entries with a new one at their end, unless it is there already."""
    return [*entries, *([] if any(one.get("id") == new["id"] for one in entries) else [new])]


def find(workspace: Workspace, public_id: str) -> Attachment:
    """Return a file of a workspace, with its content.

    Raises:
        NotFound: it has none with this id.
    """
    rows = Attachment.objects.in_workspace(workspace).select_related("blob")
    row: Attachment | None = rows.filter(pk=Attachment.key_of(public_id)).first()
    if row is None:
        raise NotFound(_("There is no such file"))
    return row


def known(workspace: Workspace, ids: Collection[object]) -> dict[str, dict[str, Any]]:
    """Return the entries of those files of a workspace that have one of these public ids, by id."""
    keys = {Attachment.key_of(one) for one in ids} - {None}
    rows = Attachment.objects.in_workspace(workspace).filter(pk__in=keys) if keys else []
    return {row.public_id: entry(row) for row in cast("list[Attachment]", rows)}


def entry(row: Attachment) -> dict[str, Any]:
    """Return a file as the data of a node names it."""
    return {"id": row.public_id, "name": row.name, "size": row.size, "type": row.media_type}


def problems(entries: Sequence[Mapping[str, Any]], files: Mapping[str, Mapping[str, Any]]) -> list[Text]:
    """Return what keeps a mail from carrying these entries; `files` are those of the workspace, by id."""
    found: list[Text] = []
    for one in entries:
        file = files.get(one["id"])
        if file is None:
            found.append(_("There is no such file: “%(name)s”.") % {"name": one.get("name") or one["id"]})
        elif any(file[key] != value for key, value in one.items()):
            found.append(_("This is not what is known of the file “%(name)s”.") % {"name": file["name"]})
    total = sum(files[one["id"]]["size"] for one in entries if one["id"] in files)
    if total > MAX_BYTES:
        found.append(too_much(total))
    return found


def too_much(total: int) -> Text:
    """Return the sentence for files that are `total` bytes together."""
    text = _("The files are %(total)s MB together; a mail carries at most %(most)s MB.")
    return text % {"total": f"{total / 1024**2:.1f}", "most": MAX_BYTES // 1024**2}


def cleaned(name: str) -> str:
    """Return a name without folders and controls, at most `MAX_NAME` characters; its ending stays."""
    name = mime.clean(re.split(r"[/\\]", name)[-1]).strip(". ") or "file"
    path = PurePosixPath(name)
    ending = path.suffix if len(path.suffix) < 20 else ""
    return name.removesuffix(ending)[: MAX_NAME - len(ending)] + ending


def _media_type(given: str, name: str) -> str:
    given = given.partition(";")[0].strip().lower()
    if _MEDIA_TYPE.fullmatch(given) and given != OTHER:
        return given
    # Only the table of the language: that of the machine differs from one to the next.
    guessed = mimetypes.MimeTypes().guess_type(name)[0] or OTHER
    return guessed if _MEDIA_TYPE.fullmatch(guessed) else OTHER
