"""Probes: /healthz says that the process answers, /readyz that it can do its work."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fluenzr import diagnosis


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers at all; touches nothing else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 with what was checked, or 503 when one of it fails; names checks, never addresses or versions."""
    findings = diagnosis.readiness()
    ready = all(finding.ok for finding in findings)
    body = {"status": "ok" if ready else "unavailable", "checks": {one.name: one.ok for one in findings}}
    return JsonResponse(body, status=200 if ready else 503)
