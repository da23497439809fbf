"""`manage.py workspace create` and `manage.py workspace plan`."""

import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from fluenzr.core.errors import DomainError, Invalid
from fluenzr.workspaces import keys, plans, tenancy
from fluenzr.workspaces.enums import Scope
from fluenzr.workspaces.models import User, Workspace

BY = "operator"


class Command(BaseCommand):
    """For the operator: acts without asking a role."""

    help = "Create a workspace with its owner (and an API key), or change a workspace's plan."

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the two actions."""
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="Create a workspace.")
        create.add_argument("--name", required=True, help="Name of the workspace.")
        create.add_argument("--plan", choices=tuple(plans.PLANS), help="Its plan; the installation's default without.")
        create.add_argument("--owner", required=True, metavar="EMAIL", help="Its owner; made if not there yet.")
        create.add_argument("--password", help="The owner's password; needed for a new owner.")
        create.add_argument("--timezone", default="UTC", help="Its time zone, such as Europe/Paris.")
        create.add_argument("--admin", action="store_true", help="Open the Django admin to a new owner.")
        create.add_argument("--api-key", metavar="NAME", help="Also make an API key of this name and print its secret.")
        create.add_argument("--scope", choices=Scope.values, default=Scope.ALL, help="What the API key may do.")
        create.add_argument("--json", action="store_true", help="Print JSON for scripts.")
        plan = actions.add_parser("plan", help="Change the plan of a workspace.")
        plan.add_argument("workspace", help="The workspace's id, wsp_...")
        plan.add_argument("plan", choices=tuple(plans.PLANS))
        plan.add_argument("--json", action="store_true", help="Print JSON for scripts.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action and print what it made."""
        run = self._create if options["action"] == "create" else self._plan
        try:
            with transaction.atomic():
                shown = run(options, timezone.now())
        except DomainError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(shown))
            return
        for name, value in shown.items():
            self.stdout.write(f"{name}: {value}")

    def _create(self, options: dict[str, Any], now: datetime) -> dict[str, Any]:
        owner = self._owner(options)
        workspace = tenancy.create_workspace(
            name=options["name"], owner=owner, plan=options["plan"], timezone=options["timezone"], by=BY, now=now
        )
        shown = {"workspaceId": workspace.public_id, "name": workspace.name, "plan": workspace.plan}
        shown |= {"ownerId": owner.public_id, "owner": owner.email}
        if options["api_key"]:
            key, secret = keys.issue(
                workspace=workspace, name=options["api_key"], scope=options["scope"], by=BY, created_by=owner, now=now
            )
            shown |= {"apiKeyId": key.public_id, "apiKey": secret}
        return shown

    def _owner(self, options: dict[str, Any]) -> User:
        known: User | None = User.objects.filter(email=options["owner"].strip().lower()).first()
        if known is not None:
            if options["password"]:
                self.stderr.write("The owner exists already; the password stays as it is.")
            return known
        if not options["password"]:
            raise CommandError("--password is needed: there is no user with this address yet")
        try:
            tenancy.check_password(options["password"])
        except Invalid as weak:
            # The operator decides: scripts and trials use short ones.
            self.stderr.write(f"Weak password: {weak}")
        return tenancy.create_user(email=options["owner"], password=options["password"], is_admin=options["admin"])

    def _plan(self, options: dict[str, Any], now: datetime) -> dict[str, Any]:
        key = Workspace.key_of(options["workspace"])
        workspace = None if key is None else Workspace.objects.filter(pk=key).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}")
        tenancy.change_plan(workspace, plan=options["plan"], by=BY, now=now)
        return {"workspaceId": workspace.public_id, "plan": workspace.plan}
