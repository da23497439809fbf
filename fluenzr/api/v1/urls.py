"""The routes of `/v1`. An id in a path is named `<noun>_id`; the tenancy test finds a foreign one by that name."""

from django.urls import re_path

from fluenzr.api.v1.resource import Unknown

urlpatterns = [
    # Last: whatever is none of the above.
    re_path(r"^.*$", Unknown.as_view()),
]
