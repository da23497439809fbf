"""The sandbox: what its accounts sent, each mail as its recipient sees it, with buttons for what that one may do."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from fluenzr.core import frames, htmx, listing
from fluenzr.core.errors import Invalid
from fluenzr.mailboxes.models import SandboxMail
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required
from fluenzr.workspaces.models import ScopedQuerySet
from tracking import sandbox

SORTS = {"received": "received_at", "to": "recipient", "subject": "subject"}


@require_GET
@member_required(Role.VIEWER)
def index(request: MemberRequest) -> HttpResponse:
    """List the sandbox mails of the workspace, newest first."""
    found = listing.read(request, _own(request), sorts=SORTS, default="-received")
    return htmx.page(request, "tracking/sandbox.html", {"listing": found}, part="list")


@require_GET
@member_required(Role.VIEWER)
def detail(request: MemberRequest, mail: str) -> HttpResponse:
    """Show one mail."""
    return _detail(request, _find(request, mail))


@require_GET
@member_required(Role.VIEWER)
def body(request: MemberRequest, mail: str) -> HttpResponse:
    """Return the HTML of a mail as it is, for the frame."""
    return frames.mail(sandbox.read(_find(request, mail)).parsed.html)


@require_POST
@member_required(Role.MEMBER)
def play(request: MemberRequest, mail: str) -> HttpResponse:
    """Let the recipient do something, and show the mail again."""
    found = _find(request, mail)
    act = request.POST.get("act", "")
    if act not in sandbox.Act.__members__.values():
        raise Http404
    try:
        sandbox.play(found, sandbox.Act(act), now=timezone.now())
    except Invalid as error:
        return _detail(request, found, problem=str(error), status=422)
    return redirect("tracking:sandbox-mail", mail)


def _own(request: MemberRequest) -> ScopedQuerySet:
    rows: ScopedQuerySet = SandboxMail.objects.in_workspace(request.workspace)
    return rows.select_related("account").defer("raw")


def _find(request: MemberRequest, public_id: str) -> SandboxMail:
    key = SandboxMail.key_of(public_id)
    found: SandboxMail | None = _own(request).filter(pk=key).first() if key else None
    if found is None:
        raise Http404
    return found


def _detail(request: MemberRequest, mail: SandboxMail, *, problem: str = "", status: int = 200) -> HttpResponse:
    letter = sandbox.read(mail)
    done = [sandbox.LABELS[sandbox.Act(act)] for act in mail.played if act in sandbox.LABELS]
    context = {
        "mail": mail,
        "letter": letter,
        "head": [(name, ", ".join(values)) for name, values in letter.parsed.headers.items()],
        "raw": bytes(mail.raw).decode("utf-8", "replace"),
        "acts": sandbox.LABELS.items(),
        "done": done,
        "problem": problem,
    }
    return htmx.page(request, "tracking/sandbox_mail.html", context, status=status)
