"""The web server's entry point (`granian --interface wsgi fluenzr.wsgi:application`)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fluenzr.settings")

application = get_wsgi_application()
