"""What those above are told about accounts, inside the transaction that made it true."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class AccountsChanged:
    """The limits, the hours or the state of these accounts changed."""

    account_ids: tuple[uuid.UUID, ...]
