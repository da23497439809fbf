"""The web server's entry point (`granian --interface wsgi fluenzr.wsgi:application`)."""

import os
from functools import partial

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from fluenzr import proxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fluenzr.settings")
_inside = get_wsgi_application()

# Only now is Django set up, which its models need.
from tracking.door import Door  # noqa: E402

application = Door(_inside, caller=partial(proxies.caller, trusted=proxies.networks(settings.TRUSTED_PROXIES)))
