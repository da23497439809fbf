from django.urls import path

from contacts.views import groups, people, person

app_name = "contacts"
_CONTACT = "contacts/<str:contact_id>"
_GROUP = "groups/<str:group_id>"

urlpatterns = [
    path("contacts/", people.listed, name="list"),
    path("contacts/bulk", people.bulk, name="bulk"),
    path("contacts/new", person.new, name="new"),
    path(f"{_CONTACT}/", person.card, name="card"),
    path(f"{_CONTACT}/edit", person.edit, name="edit"),
    path(f"{_CONTACT}/status", person.status, name="status"),
    path(f"{_CONTACT}/delete", person.delete, name="delete"),
    path("groups/", groups.listed, name="groups"),
    path("groups/new", groups.new, name="group-new"),
    path(f"{_GROUP}/", groups.shown, name="group"),
    path(f"{_GROUP}/edit", groups.edit, name="group-edit"),
    path(f"{_GROUP}/delete", groups.delete, name="group-delete"),
]
