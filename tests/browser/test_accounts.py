from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import expect

from fluenzr.workspaces.models import Member, User, Workspace
from tests.browsing import Doorman, Visitor, leave
from tests.builders import make_user


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_sign_up_makes_a_workspace_and_leads_into_it(visitor: Visitor) -> None:
    page = visitor.goto("/sign-up")
    page.get_by_label("Your name").fill("Jane Doe")
    page.get_by_label("Email").fill("Jane@acme.example")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_label("Workspace").fill("Acme")
    page.get_by_label("Minimal").check()
    assert visitor.barriers() == []
    leave(page.get_by_role("button", name="Create account"))

    workspace = Workspace.objects.get()
    user = User.objects.get()
    assert (user.email, user.name, user.timezone != "") == ("jane@acme.example", "Jane Doe", True)
    assert (workspace.name, workspace.tracking_mode) == ("Acme", "minimal")
    expect(page.locator(".workspace-name")).to_have_text("Acme")


def test_sign_in_says_what_is_wrong_and_works_without_scripts(doorman: Doorman, owner: Member) -> None:
    make_user("jane@acme.example", "correct horse")
    visitor = doorman.let_in(java_script_enabled=False)
    page = visitor.goto("/settings/profile")
    page.get_by_label("Email").fill("jane@acme.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("The address or the password is wrong.").wait_for()
    page.get_by_label("Email").fill(owner.user.email)
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    assert visitor.path == "/settings/profile"


def test_profile_speaks_the_language_that_is_chosen(marketer: Visitor) -> None:
    page = marketer.goto("/settings/profile")
    page.get_by_label("Language").select_option("fr")
    page.get_by_label("Time zone").select_option("Europe/Paris")
    page.get_by_role("button", name="Save").click()
    page.locator("#toasts .toast-note").wait_for()

    assert page.locator("html").get_attribute("lang") == "fr"


def test_app_on_the_phone_protects_the_account(doorman: Doorman, owner: Member) -> None:
    marketer = doorman.let_in(owner)
    page = marketer.goto("/settings/security/app/on")
    secret = page.locator("code").inner_text()
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    assert marketer.barriers() == []

    later = doorman.let_in()
    page = later.goto("/sign-in")
    page.get_by_label("Email").fill(owner.user.email)
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Second step").wait_for()
    assert (later.path, later.barriers()) == ("/sign-in/code", [])


def test_passkey_signs_in_without_the_password(doorman: Doorman, owner: Member) -> None:
    visitor = doorman.let_in(owner)
    fingers = visitor.context.new_cdp_session(visitor.page)
    fingers.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    fingers.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page = visitor.goto("/settings/security/passkeys/new")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    visitor.context.clear_cookies()

    page = visitor.goto("/sign-in?next=/settings/profile")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Settings").wait_for()
    assert visitor.path == "/settings/profile"
