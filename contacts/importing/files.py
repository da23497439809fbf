"""The file of an import in the database, in parts, so that any worker can take it up and none ever holds all of it."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from contacts.models import Import, ImportPart
from fluenzr.core.errors import Invalid

MAX_BYTES = 25 * 1024 * 1024
PART = 2 * 1024 * 1024
_PREFIX = "fluenzr-import-"
# No import works that long on one copy of its file, so whoever made this one was killed.
_LEFT_AFTER_SECONDS = 24 * 3600


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder for as long as it is needed; people's data that a killed process left in another one goes first."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_AFTER_SECONDS:
                shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        yield Path(folder)


@contextmanager
def on_disk(content: IO[bytes], *, limit: int | None = MAX_BYTES) -> Iterator[tuple[Path, int, str]]:
    """Copy an upload to a temporary file; gives its path, its size and its SHA-256.

    Raises:
        Invalid: it is larger than `limit` bytes.
    """
    digest, size = hashlib.sha256(), 0
    with _folder() as folder:
        path = folder / "file"
        with path.open("wb") as file:
            while block := content.read(PART):
                size += len(block)
                if limit is not None and size > limit:
                    message = _("The file is larger than %(max)s MB. Import it in parts.")
                    raise Invalid(message % {"max": limit // 1024 // 1024}, field="file")
                digest.update(block)
                file.write(block)
        yield path, size, digest.hexdigest()


def keep(origin: Import, path: Path) -> None:
    """Write the file into the database."""
    with path.open("rb") as file:
        for number, content in enumerate(iter(lambda: file.read(PART), b"")):
            ImportPart.objects.create(workspace_id=origin.workspace_id, origin=origin, number=number, content=content)


@contextmanager
def kept(origin: Import) -> Iterator[Path]:
    """Give the path of a temporary copy of what `keep` wrote."""
    with _folder() as folder:
        path = folder / "file"
        with path.open("wb") as file:
            numbers = ImportPart.objects.filter(origin=origin).order_by("number").values_list("pk", flat=True)
            for key in list(numbers):
                file.write(ImportPart.objects.values_list("content", flat=True).get(pk=key))
        yield path


def drop(origin: Import) -> None:
    """Forget the file."""
    ImportPart.objects.filter(origin=origin).delete()
