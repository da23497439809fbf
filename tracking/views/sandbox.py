"""The sandbox: what its accounts sent, each mail as its recipient sees it, with buttons for what that one may do."""

from django import forms
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from fluenzr.core import finding, frames, htmx
from fluenzr.core.errors import Invalid
from fluenzr.core.listing import Column
from fluenzr.mailboxes.models import SandboxMail
from fluenzr.workspaces import access, lists
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required
from fluenzr.workspaces.models import ScopedQuerySet
from tracking import sandbox

# A mail with files has megabytes of source, which nobody reads.
MOST_SHOWN = 200_000
# These have more than a button.
WITH_A_FORM = (sandbox.Act.CLICK, sandbox.Act.REPLY)
COLUMNS = (
    Column("subject", gettext_lazy("Subject"), sort="subject", is_fixed=True),
    Column("to", gettext_lazy("To"), sort="to"),
    Column("from", gettext_lazy("From")),
    Column("received", gettext_lazy("Received"), sort="received"),
)
SORTS = {"received": "received_at", "to": "recipient", "subject": "subject"}


class SandboxFilters(forms.Form):
    """What the list of sandbox mails is narrowed to."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, widget=forms.SearchInput)

    def narrowed(self, rows: ScopedQuerySet) -> ScopedQuerySet:
        """Keep the mails with these words in their subject or recipient."""
        self.is_valid()
        for word in self.cleaned_data.get("q", "").split():
            rows = rows.filter(Q(subject__icontains=word) | Q(recipient__icontains=word))
        return rows


@require_GET
@member_required(Role.VIEWER)
def index(request: MemberRequest) -> HttpResponse:
    """List the sandbox mails of the workspace, newest first."""
    form = SandboxFilters(request.GET)
    rows = form.narrowed(_own(request))
    found = lists.read(request, rows, columns=COLUMNS, sorts=SORTS, default="-received", filters=form)
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
    return frames.mail(sandbox.read(_find(request, mail)).html)


@require_GET
@member_required(Role.VIEWER)
def attachment(request: MemberRequest, mail: str, number: int) -> HttpResponse:
    """Return the n-th file of a mail, from 1 on, to be saved."""
    files = sandbox.read(_find(request, mail)).files
    if not 1 <= number <= len(files):
        raise Http404
    return frames.download(files[number - 1].name, files[number - 1].content)


@require_POST
@member_required(Role.MEMBER)
def play(request: MemberRequest, mail: str) -> HttpResponse:
    """Let the recipient do something, and show the mail again."""
    found = _find(request, mail)
    act = request.POST.get("act", "")
    if act not in sandbox.Act.__members__.values():
        raise Http404
    words, link = request.POST.get("words", ""), request.POST.get("link", "")
    try:
        sandbox.play(
            found, sandbox.Act(act), now=timezone.now(), words=words, link=int(link) if link.isdecimal() else None
        )
    except Invalid as error:
        return _detail(request, found, problem=str(error), status=422)
    said = _("Done: %(what)s. The campaign hears of it in a moment.") % {"what": sandbox.LABELS[sandbox.Act(act)]}
    return htmx.go(request, "tracking:sandbox-mail", mail, said=said)


def _own(request: MemberRequest) -> ScopedQuerySet:
    rows: ScopedQuerySet = SandboxMail.objects.in_workspace(request.workspace)
    return rows.select_related("account").defer("raw")


def _find(request: MemberRequest, public_id: str) -> SandboxMail:
    return finding.one(SandboxMail, _own(request), public_id)


def _detail(request: MemberRequest, mail: SandboxMail, *, problem: str = "", status: int = 200) -> HttpResponse:
    letter = sandbox.read(mail)
    done = [sandbox.LABELS[sandbox.Act(act)] for act in mail.played if act in sandbox.LABELS]
    context = {
        "mail": mail,
        "letter": letter,
        "head": [(name, ", ".join(values)) for name, values in letter.parsed.headers.items()],
        "raw": bytes(mail.raw[:MOST_SHOWN]).decode("utf-8", "replace"),
        "acts": [(act, label) for act, label in sandbox.LABELS.items() if act not in WITH_A_FORM],
        "words": request.POST.get("words", "") if problem else "",
        "may_play": access.allows(request.member.role, Role.MEMBER),
        "done": done,
        "problem": problem,
    }
    return htmx.page(request, "tracking/sandbox_mail.html", context, status=status)
