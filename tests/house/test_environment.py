from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from fluenzr.environment import Environment, load_file


@pytest.mark.parametrize(("text", "value"), [("1", True), ("Yes", True), ("off", False), ("0", False), ("", True)])
def test_flag_reads_yes_and_no(text: str, value: bool) -> None:
    assert Environment({"X": text}).flag("X", default=True) is value


def test_flag_refuses_other_words() -> None:
    with pytest.raises(ImproperlyConfigured, match="X: 'maybe' is neither yes nor no"):
        Environment({"X": "maybe"}).flag("X", default=False)


def test_integer_names_the_variable_of_a_bad_value() -> None:
    with pytest.raises(ImproperlyConfigured, match="X: this is not a whole number"):
        Environment({"X": "ten"}).integer("X", 1)


def test_integer_refuses_what_is_too_small() -> None:
    with pytest.raises(ImproperlyConfigured, match="X: 0 is too small; it must be at least 1"):
        Environment({"X": "0"}).integer("X", 1, at_least=1)


def test_text_of_a_file_wins(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from file\n")
    assert Environment({"X": "direct", "X_FILE": str(tmp_path / "secret")}).text("X") == "from file"


def test_text_of_a_missing_file_is_loud(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="X_FILE: cannot read"):
        Environment({"X_FILE": str(tmp_path / "none")}).text("X")


def test_items_splits_at_commas() -> None:
    assert Environment({"X": " a, b ,,c"}).items("X") == ["a", "b", "c"]


@pytest.mark.parametrize("address", ["example.com", "ftp://example.com", "https://", "https://example.com/?a=b"])
def test_web_address_refuses_what_is_none(address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="X: "):
        Environment({"X": address}).web_address("X", "http://localhost")


def test_web_address_drops_the_last_slash() -> None:
    assert Environment({"X": "https://example.com/"}).web_address("X", "") == "https://example.com"


def test_database_reads_postgres_and_sqlite() -> None:
    postgres = Environment({"X": "postgres://u:p%40w@host:5433/name"}).database("X", "")
    assert postgres["ENGINE"] == "django.db.backends.postgresql"
    assert (postgres["PASSWORD"], postgres["PORT"]) == ("p@w", 5433)
    sqlite = Environment({}).database("X", "sqlite:////tmp/a.db")
    assert (sqlite["ENGINE"], sqlite["NAME"]) == ("django.db.backends.sqlite3", "/tmp/a.db")


def test_database_refuses_an_unknown_scheme_without_showing_the_password() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        Environment({"X": "oracles://u:hunter2@host/name"}).database("X", "")
    assert "hunter2" not in str(caught.value)


def test_mail_server_is_empty_when_unset() -> None:
    assert Environment({}).mail_server("EMAIL_URL") == {}


def test_load_file_leaves_what_is_set(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("# comment\nA=1\nB='two'\n")
    values = {"A": "0"}
    load_file(tmp_path / "env", values)
    assert values == {"A": "0", "B": "two"}


def test_load_file_names_the_bad_line(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("A=1\nnonsense\n")
    with pytest.raises(ImproperlyConfigured, match="env, line 2"):
        load_file(tmp_path / "env", {})


def test_servers_have_a_port_each() -> None:
    found = Environment({"X": "192.0.2.1, 192.0.2.2:5353,[2001:db8::1]:53"}).servers("X", port=53)
    assert found == [("192.0.2.1", 53), ("192.0.2.2", 5353), ("2001:db8::1", 53)]


def test_servers_are_addresses() -> None:
    with pytest.raises(ImproperlyConfigured, match="X: this is not an address"):
        Environment({"X": "dns.example"}).servers("X", port=53)
