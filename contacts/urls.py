from django.urls import path

from contacts import import_urls
from contacts.views import care, companies, exports, groups, people, person, privacy, segments, suppressions, tags

app_name = "contacts"
_CONTACT = "contacts/<str:contact_id>"
_GROUP = "groups/<str:group_id>"
_SEGMENT = "segments/<str:segment_id>"

urlpatterns = [
    *import_urls.urlpatterns,
    path("contacts/", people.listed, name="list"),
    path("contacts/bulk", people.bulk, name="bulk"),
    path("contacts/companies/", companies.listed, name="companies"),
    path("contacts/export", exports.export, name="export"),
    path("contacts/new", person.new, name="new"),
    path(f"{_CONTACT}/", person.card, name="card"),
    path(f"{_CONTACT}/edit", person.edit, name="edit"),
    path(f"{_CONTACT}/status", person.status, name="status"),
    path(f"{_CONTACT}/timeline", care.past, name="past"),
    path(f"{_CONTACT}/note", care.note, name="note"),
    path(f"{_CONTACT}/task", care.task, name="task"),
    path(f"{_CONTACT}/owner", care.owner, name="owner"),
    path(f"{_CONTACT}/hold", care.hold, name="hold"),
    path("notes/<str:note_id>/", care.note_edit, name="note-edit"),
    path("notes/<str:note_id>/delete", care.note_delete, name="note-delete"),
    path("tasks/<str:task_id>/done", care.task_done, name="task-done"),
    path(f"{_CONTACT}/delete", person.delete, name="delete"),
    path(f"{_CONTACT}/privacy", privacy.consent, name="privacy"),
    path(f"{_CONTACT}/object", privacy.object_to_tracking, name="object"),
    path(f"{_CONTACT}/export", privacy.export, name="export"),
    path(f"{_CONTACT}/erase", privacy.erase, name="erase"),
    path("suppressions/", suppressions.listed, name="suppressions"),
    path("suppressions/new", suppressions.new, name="suppression-new"),
    path("suppressions/export", suppressions.export, name="suppression-export"),
    path("suppressions/<str:suppression_id>/lift", suppressions.lift, name="suppression-lift"),
    path("segments/", segments.listed, name="segments"),
    path("segments/new", segments.new, name="segment-new"),
    path("segments/count", segments.count, name="segment-count"),
    path(f"{_SEGMENT}/", segments.shown, name="segment"),
    path(f"{_SEGMENT}/edit", segments.edit, name="segment-edit"),
    path(f"{_SEGMENT}/group", segments.group, name="segment-group"),
    path(f"{_SEGMENT}/delete", segments.delete, name="segment-delete"),
    path("tags/", tags.listed, name="tags"),
    path("tags/<str:tag_id>/", tags.edit, name="tag"),
    path("tags/<str:tag_id>/merge", tags.merge, name="tag-merge"),
    path("tags/<str:tag_id>/delete", tags.delete, name="tag-delete"),
    path("groups/", groups.listed, name="groups"),
    path("groups/new", groups.new, name="group-new"),
    path(f"{_GROUP}/", groups.shown, name="group"),
    path(f"{_GROUP}/add", groups.adding, name="group-add"),
    path(f"{_GROUP}/edit", groups.edit, name="group-edit"),
    path(f"{_GROUP}/delete", groups.delete, name="group-delete"),
]
