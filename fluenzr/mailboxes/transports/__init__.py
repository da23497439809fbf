"""Transports by provider. A module put into this folder is found by itself."""

import importlib
import pkgutil

from fluenzr.mailboxes.transports.base import (
    Open,
    Outcome,
    Parcel,
    Receipt,
    Transport,
    TransportDown,
    bulk_providers,
    of,
    providers,
)
from fluenzr.mailboxes.verdicts import Verdict

__all__ = [
    "Open",
    "Outcome",
    "Parcel",
    "Receipt",
    "Transport",
    "TransportDown",
    "Verdict",
    "bulk_providers",
    "of",
    "providers",
]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
