"""The one way to change a state: a conditional UPDATE along a table of allowed moves."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import Conflict, NotFound

Moves = Mapping[str, Collection[str]]


def move(obj: models.Model, to: str, allowed: Moves, *, field: str = "status", **changes: Any) -> None:
    """Move `obj` to state `to`, writing `changes` with it, if its row still is in a state that allows it.

    The UPDATE is filtered on the states that lead to `to`, so of two parallel calls exactly one succeeds. On success
    the object in hand carries the new values.

    Raises:
        Conflict: the row is in no state from which `allowed` leads to `to`; the sentence names the state.
        NotFound: the row is gone.
    """
    sources = [state for state, targets in allowed.items() if to in targets]
    values: dict[str, Any] = {field: to, **changes}
    rows = type(obj)._default_manager.filter(pk=obj.pk, **{f"{field}__in": sources})
    if not rows.update(**values):
        if not type(obj)._default_manager.filter(pk=obj.pk).exists():
            raise NotFound(_("It was deleted meanwhile."))
        obj.refresh_from_db(fields=[field])
        state = getattr(obj, field)
        text = (
            _("%(noun)s is %(state)s already.") if state == to else _("%(noun)s is %(state)s; it cannot become %(to)s.")
        )
        raise Conflict(text % {"noun": str(obj._meta.verbose_name).capitalize(), "state": state, "to": to})
    for name, value in values.items():
        setattr(obj, name, value)
