"""What stands under every mail."""

import re

import pytest
from django.utils import translation
from django.utils.translation import gettext

from fluenzr.workspaces.models import Workspace
from tests.builders import (
    make_workspace,
)
from tests.campaigns.mail.mails import html_of, mail_of, make_mail, text_of

pytestmark = pytest.mark.django_db


def test_the_footer_says_who_how_to_leave_and_that_it_is_tracked() -> None:
    workspace = make_workspace(postal_address="Acme <SAS>\n1 rue de Rivoli\nParis", language="en")
    mail = mail_of(make_mail(workspace))
    assert re.search(
        r"\n-- \nAcme <SAS>\n1 rue de Rivoli\nParis\nUnsubscribe: http://testserver/t/u/\S+\n"
        r"This email tells its sender when it is opened. Object to this: http://testserver/t/p/\S+\n$",
        text_of(mail),
    )
    assert "Acme &lt;SAS&gt;<br>\n1 rue de Rivoli<br>\nParis<br>\n" in html_of(mail)
    assert html_of(mail).count("/t/u/") == 1


def test_an_unsubscribe_link_of_the_author_replaces_ours(workspace: Workspace) -> None:
    mail = mail_of(make_mail(workspace, body='<p>Bye. <a href="{{unsubscribe_link}}">No more</a></p>'))
    assert re.findall(r'<a href="http://testserver/t/u/[^"]+">([^<]+)</a>', html_of(mail)) == ["No more"]
    assert text_of(mail).count("/t/u/") == 1
    assert "/t/c/" not in html_of(mail)


def test_our_links_speak_the_language_of_the_reader(workspace: Workspace) -> None:
    message = make_mail(workspace, body="Bye\n{{unsubscribe_link}}", contact={"language": "fr"})
    with translation.override("en"):
        english = gettext("Unsubscribe")
    with translation.override("fr"):
        french = gettext("Unsubscribe")
        html = html_of(mail_of(message))
    assert re.findall(r'<a href="http://testserver/t/u/[^"]+">([^<]+)</a>', html) == [french]
    other = {"contact": {"email": "b@b.example"}, "account": {"email": "k@k.example"}}
    another = make_mail(workspace, body="Bye\n{{unsubscribe_link}}", **other)
    assert english in html_of(mail_of(another))


@pytest.mark.parametrize(("plan", "branded"), [("free", True), ("starter", False), ("pro", False)])
def test_the_free_plan_signs_with_our_name(plan: str, branded: bool) -> None:
    mail = mail_of(make_mail(make_workspace(plan=plan)))
    assert ("Sent with FluenzR" in text_of(mail), "Sent with FluenzR" in html_of(mail)) == (branded, branded)


def test_the_signature_is_markup(workspace: Workspace) -> None:
    message = make_mail(
        workspace, body="Hi\n{{signature}}", account={"signature": '<b>Jane</b> <a href="https://a.example">A</a>'}
    )
    mail = mail_of(message)
    assert '<br>\n<b>Jane</b> <a href="https://a.example">A</a></div>' in html_of(mail)
    assert "Hi\nJane A (https://a.example)\n" in text_of(mail)


def test_a_missing_signature_stops_nobody(workspace: Workspace) -> None:
    assert text_of(mail_of(make_mail(workspace, body="Hi {{signature}}"))).startswith("Hi")
