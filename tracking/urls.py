"""Public addresses in mails, without any cookie, and the sandbox."""

from django.urls import path

from tracking.views import hits, leave, sandbox

app_name = "tracking"
urlpatterns = [
    path("t/o/<str:token>", hits.pixel, name="pixel"),
    path("t/c/<str:token>", hits.click, name="click"),
    path("t/u/<str:token>", leave.unsubscribe, name="unsubscribe"),
    path("t/p/<str:token>", leave.preferences, name="preferences"),
    path("sandbox/", sandbox.index, name="sandbox"),
    path("sandbox/<str:mail>/", sandbox.detail, name="sandbox-mail"),
    path("sandbox/<str:mail>/body/", sandbox.body, name="sandbox-body"),
    path("sandbox/<str:mail>/files/<int:number>/", sandbox.attachment, name="sandbox-file"),
    path("sandbox/<str:mail>/play/", sandbox.play, name="sandbox-play"),
]
