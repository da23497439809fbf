"""The errors of the domain. Each door (API, page, admin, command) translates them in one place."""

from collections.abc import Mapping, Sequence
from typing import Any

# A sentence, plain or lazily translated.
Text = Any
Details = Mapping[str, Sequence[Text]]


class DomainError(Exception):
    """A refusal that a person can act on: a fixed code, a sentence, and where it applies.

    `details` maps the dotted path of a field (`workflow.nodes.node_2.data.subject`, `""` for the whole) to sentences.
    """

    code = "SERVER_ERROR"

    def __init__(self, message: Text, *, field: str | None = None, details: Details | None = None) -> None:
        self.message = message
        self.details: dict[str, list[Text]] = {path: list(texts) for path, texts in (details or {}).items()}
        if field is not None:
            self.details.setdefault(field, [message])
        super().__init__(message)

    def __str__(self) -> str:
        return str(self.message)


class Invalid(DomainError):
    """The input is wrong; `details` says where and why."""

    code = "VALIDATION_ERROR"


class NotFound(DomainError):
    """There is no such object in this workspace."""

    code = "NOT_FOUND"


class Conflict(DomainError):
    """The object is in a state that does not allow this, or exists already."""

    code = "CONFLICT"


class Forbidden(DomainError):
    """The role, the scope of the key or the plan does not allow this."""

    code = "FORBIDDEN"


class PlanLimit(Forbidden):
    """A limit of the plan is reached or the plan lacks the feature; the sentence names both."""


class RateLimited(DomainError):
    """Too many requests; `retry_after` is in seconds."""

    code = "RATE_LIMITED"

    def __init__(self, message: Text, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
