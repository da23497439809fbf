"""JSON that comes from outside: read strictly, so that both databases can keep it."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import Invalid

# What may hide a NUL, half a surrogate pair or a number beyond floats: only then the document is walked.
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[eE]\+?\d{3}")


def read(raw: bytes) -> Any:
    """Return the document in UTF-8 JSON.

    Raises:
        ValueError: it is no JSON (`NaN` is none), or nested too deep.
        Invalid: it holds NUL characters, lone surrogates or infinite numbers; `details` has their paths.
    """
    text = raw.decode("utf-8-sig")
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        suspects = set(_unkeepable(document, "")) if _SUSPECT.search(text) else set()
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if suspects:
        message = _("Not a valid value")
        raise Invalid(message, details={path: [message] for path in sorted(suspects)})
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _unkeepable(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _unkeepable(key, path)
            yield from _unkeepable(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _unkeepable(inner, f"{path}.{index}" if path else str(index))
    elif isinstance(value, float | str) and not _is_keepable(value):
        yield path


def _is_keepable(value: float | str) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
