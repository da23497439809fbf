import pytest

from campaigns import previews, workflows
from campaigns.mail import marks
from campaigns.mail.rendering import Preview
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_contact, make_email_node, make_workflow

pytestmark = pytest.mark.django_db


def preview(workspace: Workspace, **data: str) -> Preview:
    campaign = make_campaign(workspace, make_workflow(make_email_node(**data)))
    document = workflows.document(campaign)
    contact = make_contact(workspace, first_name="Ada")
    return previews.draft_mail(campaign, document=document, node="mail_1", contact=contact, now=NOW, with_marks=True)


def test_blank_variables_are_marked_where_they_should_stand(workspace: Workspace) -> None:
    mail = preview(workspace, subject="For {{company}}", body="<p>Hi {{firstName}} at {{company}}</p>")
    assert mail.missing == ("company",)
    assert marks.in_text(mail.subject) == "For <mark>company</mark>"
    assert "Hi Ada at <mark>company</mark>" in marks.in_text(mail.text)
    assert "<p>Hi Ada at <mark>company</mark></p>" in marks.in_html(mail.html)


def test_marks_stay_out_of_tags_and_name_the_variable_of_a_link(workspace: Workspace) -> None:
    mail = preview(workspace, body='<p><a href="https://acme.example/{{company}}">Here</a></p>')
    html = marks.in_html(mail.html)
    assert '<a href="">Here</a>' in html
    assert marks.OPEN not in html
    assert "Here (<mark>company</mark>)" in marks.in_text(mail.text)


def test_text_is_escaped() -> None:
    assert marks.in_text(f"<b> {marks.mark('x')} & y") == "&lt;b&gt; <mark>x</mark> &amp; y"


def test_previews_without_marks_leave_blanks_out(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, make_workflow(make_email_node(body="At {{company}}.")))
    contact, document = make_contact(workspace), workflows.document(campaign)
    mail = previews.draft_mail(campaign, document=document, node="mail_1", contact=contact, now=NOW)
    assert mail.text.startswith("At .")
