"""The base of every `/v1` endpoint: who asks, how much they may, and what an error looks like."""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Never

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated, NotFound, UnsupportedMediaType
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fluenzr.api.v1 import errors
from fluenzr.api.v1.bodies import Body, Parameters
from fluenzr.api.v1.parsing import AlwaysJson, JsonParser
from fluenzr.core import prepared
from fluenzr.core.errors import NotFound as DomainNotFound
from fluenzr.workspaces import access, attempts, audit, keys, plans, throttle
from fluenzr.workspaces.models import ApiKey, Workspace

# The address of callers who have none, such as those behind a local socket.
NOWHERE = "0.0.0.0"
# A row of any model by its key and its workspace's.
_ONE = prepared.Prepared(
    lambda keys, model: model.objects.filter(pk=keys[0], workspace=keys[1]).values_list(*prepared.columns(model))
)


class Resource(APIView):
    """One URL of the API; a method per HTTP verb. See the package's docstring for how to write one."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (JSONRenderer,)
    parser_classes = (JsonParser,)
    content_negotiation_class = AlwaysJson
    metadata_class = None
    http_method_names = ["get", "post", "put", "delete", "head"]

    # POST only asks (search, validate, preview): a key that may only read may call it.
    post_reads: ClassVar[bool] = False

    key: ApiKey
    standing: throttle.Standing | None = None

    @property
    def workspace(self) -> Workspace:
        """The workspace of the key: where every question starts."""
        return self.key.workspace

    @property
    def by(self) -> str:
        """The actor for the domain: `api key <name>`."""
        return access.actor(self.key)

    @cached_property
    def now(self) -> datetime:
        """The time of this request, one for all that it does."""
        return timezone.now()

    def body(self, kind: type[Body], *, partial: bool = False, **context: Any) -> dict[str, Any]:
        """Return the checked values of the body; with `partial`, only of the fields that were given.

        `context` adds to what the fields may look at: `workspace`, `zone`, `now`.
        """
        given = self._chunked() if self.request.META.get("HTTP_TRANSFER_ENCODING") else self.request.data
        # DRF makes an empty form of an empty body, when the content type names a form (as curl's does).
        return self._checked(kind, {} if isinstance(given, QueryDict) else given, partial=partial, **context)

    def parameters(self, kind: type[Parameters], **context: Any) -> dict[str, Any]:
        """Return the checked query parameters; `zone=` says where a date alone begins, the workspace's without."""
        return self._checked(kind, kind.items_of(self.request.query_params), **context)

    def find(self, rows: "QuerySet[Any, Any] | type[Model]", public_id: str) -> Any:
        """Return the row of this workspace with this id; it knows the workspace without another query.

        Of a model all columns are fetched, by SQL that is written once; of `rows` what they say.

        Raises:
            NotFound: there is none here; an unknown, a malformed and a foreign id look the same.
        """
        model: Any = rows.model if isinstance(rows, QuerySet) else rows
        key = model.key_of(public_id)
        found: Iterable[Any] = ()
        if key is not None and isinstance(rows, QuerySet):
            found = rows.filter(workspace=self.workspace, pk=key)
        elif key is not None:
            values = _ONE.rows((key, self.workspace.pk), model)
            found = [prepared.instance(model, row) for row in values]
        for row in found:
            if isinstance(row, Model):
                row.workspace = self.workspace  # type: ignore[attr-defined]
            return row
        raise DomainNotFound(_("There is no such %(noun)s") % {"noun": model._meta.verbose_name})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the request in, or raise: key, rate, method, plan, scope, in this order."""
        self.format_kwarg = None
        renderer, media_type = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = renderer, media_type
        self.key = self._authenticated(request)
        self.standing = throttle.take(self.workspace.pk, limit=plans.limits(self.workspace).api_rate)
        self.standing.enforce()
        method = str(request.method)
        if method.lower() not in self.http_method_names or not hasattr(self, method.lower()):
            raise MethodNotAllowed(method)
        plans.require(self.workspace, plans.Feature.API)
        if method not in SAFE_METHODS and not (method == "POST" and self.post_reads):
            access.require_write(self.key)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer the request; audit entries made meanwhile carry where it came from."""
        ip, request_id = request.META.get("REMOTE_ADDR"), request.META.get("HTTP_X_REQUEST_ID", "")
        with audit.origin(ip=ip, request_id=request_id):
            return super().dispatch(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        """Return the error as an envelope; nothing passes on to Django's pages."""
        problem = errors.problem_of(exc)
        if isinstance(exc, MethodNotAllowed):
            problem.headers["Allow"] = ", ".join(self.allowed_methods)
        return Response(problem.body(), status=problem.status, headers=problem.headers)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the headers of the rate limit to every answer."""
        finished = super().finalize_response(request, response, *args, **kwargs)
        for name, value in (self.standing.headers() if self.standing else {}).items():
            finished[name] = value
        finished["Cache-Control"] = "no-store"
        return finished

    def _chunked(self) -> Any:
        """Return the body of a request that does not say its length; Django reads nothing of such a one."""
        if self.request.content_type.partition(";")[0].strip().lower() != JsonParser.media_type:
            raise UnsupportedMediaType(self.request.content_type)
        return JsonParser().parse(self.request.META["wsgi.input"])

    def _authenticated(self, request: Request) -> ApiKey:
        ip = audit.address(request.META.get("REMOTE_ADDR")) or NOWHERE
        scheme, _space, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if not secret or scheme.lower() != "bearer":
            self.standing = attempts.look(ip=ip, now=self.now)
            raise NotAuthenticated
        key = keys.authenticate(secret.strip(), now=self.now)
        if key is None:
            self.standing = attempts.bad_key(ip=ip, now=self.now)
            self.standing.enforce()
            raise NotAuthenticated
        return key

    def _checked(self, kind: Any, data: Any, *, partial: bool = False, **more: Any) -> dict[str, Any]:
        here = {"workspace": self.workspace, "path": self.request.path}
        context = {**here, "zone": self.workspace.timezone, "now": self.now, **more}
        checked = kind.checker(data=data, partial=partial, context=context)
        checked.is_valid(raise_exception=True)
        values: dict[str, Any] = checked.validated_data
        return values


class Unknown(Resource):
    """Any path under `/v1` that is none."""

    def _refuse(self, request: Request, **kwargs: Any) -> Never:
        raise NotFound

    get = post = put = delete = _refuse
