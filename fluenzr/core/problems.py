"""What the domain refuses, put where a person looks for it: at the field of the form."""

import re
from collections.abc import Mapping

from django.forms import BaseForm

from fluenzr.core.errors import DomainError

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def add_to(form: BaseForm, error: DomainError, *, fields: Mapping[str, str] | None = None) -> None:
    """Add the sentences of a DomainError to the fields of a bound form, what belongs to none of them on top.

    `fields` maps paths of the error to names of fields where they differ by more than `postalAddress` does from
    `postal_address`.
    """
    names = fields or {}
    if not error.details:
        form.add_error(None, str(error.message))
    for path, sentences in error.details.items():
        name = names.get(path, _HUMP.sub("_", path).lower())
        for sentence in sentences:
            form.add_error(name if name in form.fields else None, str(sentence))
