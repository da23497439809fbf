"""Who holds which mails, and until when."""

from django.db import models

from fluenzr.core.ids import KeyField
from fluenzr.mailboxes.models import Account


class Claim(models.Model):
    """Mails of an account that its sender took at once; gone when it holds none of them any more.

    A lease for all of them, so that renewing it writes one row, and no mail's own row has to say in an index that it
    is held: what is opened and settled changes no index.
    """

    id = KeyField()
    account = models.ForeignKey(Account, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    owner = models.CharField(max_length=160)
    lease_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.owner} until {self.lease_until:%Y-%m-%d %H:%M:%S}"
