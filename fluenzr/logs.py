"""How the server logs: one line an event on standard error, coloured text for people, JSON for machines.

Secrets are taken out here, at the last door before they are written, whoever put them in.
"""

import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_HIDDEN = "[hidden]"
_SECRET_NAME = re.compile(r"authorization|cookie|password|secret|token|api.?key", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"flz_sk_\w+"
    r"|whsec_[\w+/=-]+"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|(?<=\b(?i:basic) )[A-Za-z0-9+/=]{8,}"
    r"|(?<=\b(?i:bearer) )\S+"
)


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Hide the values of fields that are named like secrets, and what looks like one inside any text."""
    for name, value in event.items():
        if _SECRET_NAME.search(name):
            event[name] = _HIDDEN
        elif isinstance(value, str):
            event[name] = _SECRET_VALUE.sub(_HIDDEN, value)
    return event


def _shared() -> list[Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
        redact,
    ]


def _renderer(*, for_people: bool) -> Processor:
    if for_people:
        plain = structlog.dev.plain_traceback
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    return structlog.processors.JSONRenderer()


def config(*, level: str, for_people: bool) -> dict[str, Any]:
    """Django's LOGGING; also sets structlog up so that its loggers write the same lines."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _shared(),
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _renderer(for_people=for_people),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"level": level, "handlers": [], "propagate": True},
            "django.server": {"level": level, "handlers": [], "propagate": True},
            # It says each enqueued and finished task at INFO, several a second.
            "django-q": {"level": "WARNING", "handlers": ["console"], "propagate": False},
        },
    }
