import pytest

from fluenzr.logs import redact


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("password", "hunter2", "[hidden]"),
        ("api_key", "abc", "[hidden]"),
        ("event", "key flz_sk_abcDEF123 was used", "key [hidden] was used"),
        ("event", "secret whsec_abc+/=", "secret [hidden]"),
        ("event", "postgres://user:hunter2@host/name", "postgres://[hidden]@host/name"),
        ("event", "Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"),
        ("event", "https://example.com:8000/path", "https://example.com:8000/path"),
        ("event", "basic plan", "basic plan"),
        ("count", 3, 3),
    ],
)
def test_redact_hides_secrets_only(field: str, value: object, shown: object) -> None:
    assert redact(None, "info", {field: value}) == {field: shown}
