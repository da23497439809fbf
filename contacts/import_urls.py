"""The addresses of the import pages."""

from django.urls import path

from contacts.views import imports

_IMPORT = "imports/<str:import_id>"

urlpatterns = [
    path("imports/", imports.listed, name="imports"),
    path("imports/new", imports.new, name="import-new"),
    path(f"{_IMPORT}/", imports.shown, name="import"),
    path(f"{_IMPORT}/cancel", imports.cancel, name="import-cancel"),
    path(f"{_IMPORT}/undo", imports.undo, name="import-undo"),
    path(f"{_IMPORT}/rejected", imports.rejected, name="import-rejected"),
]
