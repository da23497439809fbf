"""The sandbox: what its accounts sent, each mail as its recipient sees it, with buttons for what that one may do."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_GET, require_POST

from fluenzr.core import frames
from fluenzr.core.errors import Invalid
from fluenzr.mailboxes.models import SandboxMail
from fluenzr.workspaces.models import Member, ScopedQuerySet
from tracking import sandbox

PER_PAGE = 50


@require_GET
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """List the sandbox mails of the user's workspaces, newest first."""
    page = Paginator(_own(request), PER_PAGE).get_page(request.GET.get("page"))
    return _page(request, "sandbox", page=page)


@require_GET
@login_required
def detail(request: HttpRequest, mail: str) -> HttpResponse:
    """Show one mail."""
    return _detail(request, _find(request, mail))


@require_GET
@login_required
def body(request: HttpRequest, mail: str) -> HttpResponse:
    """Return the HTML of a mail as it is, for the frame."""
    return frames.mail(sandbox.read(_find(request, mail)).parsed.html)


@require_POST
@login_required
def play(request: HttpRequest, mail: str) -> HttpResponse:
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


def _own(request: HttpRequest) -> ScopedQuerySet:
    workspaces = Member.objects.filter(user=request.user.pk).values("workspace")
    rows = SandboxMail.objects.filter(workspace__in=workspaces).select_related("account")
    return rows.order_by("-received_at", "-id").defer("raw")


def _find(request: HttpRequest, public_id: str) -> SandboxMail:
    key = SandboxMail.key_of(public_id)
    found: SandboxMail | None = _own(request).filter(pk=key).first() if key else None
    if found is None:
        raise Http404
    return found


def _detail(request: HttpRequest, mail: SandboxMail, *, problem: str = "", status: int = 200) -> HttpResponse:
    letter = sandbox.read(mail)
    done = [sandbox.LABELS[sandbox.Act(act)] for act in mail.played if act in sandbox.LABELS]
    return _page(
        request,
        "sandbox_mail",
        status=status,
        mail=mail,
        letter=letter,
        head=[(name, ", ".join(values)) for name, values in letter.parsed.headers.items()],
        raw=bytes(mail.raw).decode("utf-8", "replace"),
        acts=sandbox.LABELS.items(),
        done=done,
        problem=problem,
    )


def _page(request: HttpRequest, name: str, *, status: int = 200, **values: object) -> HttpResponse:
    context = {"language": translation.get_language(), **values}
    return render(request, f"tracking/{name}.html", context, status=status)
