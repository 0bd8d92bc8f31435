"""Settings from the environment: all mistakes at once, secrets from files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from server.settings import SettingsWrong, read_settings


def test_without_any_variable_it_runs_on_loopback_with_sqlite():
    settings = read_settings({})
    assert (settings.host, settings.port, settings.language) == ("127.0.0.1", 8000, "nl")
    assert settings.database == f"sqlite:///{Path('data/samenbeeld.sqlite3').absolute()}"
    assert settings.session_limits.absolute == timedelta(hours=12)


def test_every_wrong_variable_is_reported_at_once():
    environment = {
        "SAMENBEELD_PORT": "99999",
        "SAMENBEELD_DEMO": "perhaps",
        "SAMENBEELD_PROT": "8000",
        "SAMENBEELD_PUBLIC_URL": "samenbeeld.example/path",
        "SAMENBEELD_TRUSTED_PROXIES": "10.0.0.0/8, the proxy",
        "SAMENBEELD_LANGUAGE": "de",
        "SAMENBEELD_METRICS_TOKEN_FILE": "/does/not/exist",
        "PATH": "/usr/bin",
    }
    with pytest.raises(SettingsWrong) as refused:
        read_settings(environment)
    report = str(refused.value)
    assert "7 wrong" in report
    assert all(name in report for name in environment if name != "PATH")
    assert "SAMENBEELD_PROT: there is no such setting" in report


def test_a_commands_option_goes_before_the_environment():
    environment = {"SAMENBEELD_PORT": "8001", "SAMENBEELD_HOST": "0.0.0.0"}
    settings = read_settings(environment, port=8002)
    assert (settings.port, settings.host) == (8002, "0.0.0.0")


def test_a_wrong_option_is_reported_like_a_wrong_variable():
    with pytest.raises(SettingsWrong, match="SAMENBEELD_PORT"):
        read_settings({}, port=-1)


def test_a_secret_can_stand_in_a_file_and_is_not_shown(tmp_path: Path):
    secret = tmp_path / "token"
    secret.write_text("s3cret\n")
    settings = read_settings({"SAMENBEELD_METRICS_TOKEN_FILE": str(secret)})
    assert settings.metrics_token is not None
    assert settings.metrics_token.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings)


def test_a_secret_given_twice_is_a_mistake(tmp_path: Path):
    secret = tmp_path / "token"
    secret.write_text("one")
    environment = {
        "SAMENBEELD_METRICS_TOKEN_FILE": str(secret),
        "SAMENBEELD_METRICS_TOKEN": "other",
    }
    with pytest.raises(SettingsWrong, match="given twice"):
        read_settings(environment)


def test_only_secrets_come_from_files():
    with pytest.raises(SettingsWrong, match="SAMENBEELD_PORT_FILE: there is no such setting"):
        read_settings({"SAMENBEELD_PORT_FILE": "/etc/port"})


def test_idling_longer_than_living_is_a_mistake():
    with pytest.raises(SettingsWrong, match="SAMENBEELD_SESSION_IDLE_HOURS"):
        read_settings({"SAMENBEELD_SESSION_HOURS": "1", "SAMENBEELD_SESSION_IDLE_HOURS": "2"})


def test_lists_are_written_with_commas():
    settings = read_settings({"SAMENBEELD_ALLOWED_HOSTS": "a.example, b.example,"})
    assert settings.allowed_hosts == ("a.example", "b.example")


def test_settings_do_not_change():
    with pytest.raises(ValidationError):
        read_settings({}).port = 1  # type: ignore[misc]


PLATFORMS = "postgres://u:geheim@db.example/samenbeeld"


def test_the_database_of_a_platform_counts_when_none_is_named():
    assert read_settings({"DATABASE_URL": PLATFORMS}).database == PLATFORMS
    assert read_settings({"DATABASE_URL": ""}).database_url is None
    ours = "postgresql://u@h/other"
    assert read_settings({"SAMENBEELD_DATABASE_URL": ours}).database == ours
    both = {"SAMENBEELD_DATABASE_URL": PLATFORMS, "DATABASE_URL": PLATFORMS}
    assert read_settings(both).database == PLATFORMS


def test_two_different_databases_are_not_chosen_from():
    environment = {"SAMENBEELD_DATABASE_URL": "postgresql://u@h/d", "DATABASE_URL": PLATFORMS}
    with pytest.raises(SettingsWrong, match="DATABASE_URL: names another database") as refused:
        read_settings(environment)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("name", ["DATABASE_URL", "SAMENBEELD_DATABASE_URL"])
def test_another_kind_of_database_is_refused_without_repeating_its_password(name: str):
    with pytest.raises(SettingsWrong, match="DATABASE_URL: must be an address like") as refused:
        read_settings({name: "mysql://u:geheim@db.example/d"})
    assert "geheim" not in str(refused.value)
