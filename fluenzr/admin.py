"""What the admin leaves out of the queue's own pages."""

from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib import admin

admin.site.site_header = admin.site.site_title = "FluenzR"
# The admin's own sign-in knows neither second factors nor rate limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# A schedule names any function to call, so whoever may edit one may run any code; queued tasks are pickles.
# What runs by itself stands in `fluenzr/schedules.py`. Failed tasks stay visible.
for _name in ("Schedule", "OrmQ", "Success"):
    admin.site.unregister(apps.get_model("django_q", _name))
