"""Tables that know no business noun."""

from django.db import models

from fluenzr.core.ids import KeyField


class Blob(models.Model):
    """Content by its SHA-256: attachments, uploads, raw mails. Rows that refer to one carry the workspace."""

    id = KeyField()
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.size} bytes)"


class Kick(models.Model):
    """That a job was asked for and has not begun: the beat asks each second, the queue holds it once."""

    id = KeyField()
    name = models.CharField(max_length=120, unique=True)
    kicked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """When a part of the installation was last seen alive."""

    id = KeyField()
    name = models.CharField(max_length=120, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
