"""How members like the pages: small choices, kept with the membership, which each request has at hand anyway."""

from typing import Any

from django.db import transaction

from fluenzr.workspaces.models import Member


def keep(member: Member, name: str, value: Any, *, under: str = "") -> None:
    """Remember a choice (JSON), if `under` is given among those of that kind."""
    with transaction.atomic():
        current = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        if under:
            name, value = under, {**current.choices.get(under, {}), name: value}
        current.choices = {**current.choices, name: value}
        current.save(update_fields=["choices"])
    member.choices = current.choices
