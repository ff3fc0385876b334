"""Settings from the environment: their defaults, what is refused, and that secrets stay secret."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import Settings


def test_without_any_setting_the_bot_is_on_loopback_with_a_file_of_its_own() -> None:
    settings = Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.database_url == "sqlite:///slakeeper.db"
    assert settings.sla_webhook_secret is None
    assert settings.sla_config.name == "example"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PORT": "9000", "DATABASE_URL": "sqlite:///x.db", "SLA_CONFIG": "/a/b", "LOG_LEVEL": "DEBUG"}.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.port, settings.database_url, settings.sla_config) == (9000, "sqlite:///x.db", Path("/a/b"))
    assert settings.log_level == "debug"


@pytest.mark.parametrize(("name", "value"), [("PORT", "http"), ("PORT", "70000"), ("PORT", "-1"), ("LOG_LEVEL", "loud")])
def test_a_setting_that_cannot_be_understood_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as raised:
        Settings()
    assert raised.value.errors()[0]["loc"] in ((name.lower(),), (name,))


@pytest.mark.parametrize("name", ["PORT", "SLA_API_TOKEN", "DATABASE_URL", "SLA_WEBHOOK_SECRET"])
def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "")
    assert getattr(Settings(), name.lower()) == Settings.model_fields[name.lower()].default


def test_secrets_show_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.web.security import Security

    for name in ("SLA_WEBHOOK_SECRET", "SLA_API_TOKEN"):
        monkeypatch.setenv(name, "hunter2")
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@localhost")
    monkeypatch.setenv("DATABASE_URL", "postgresql://bot:hunter3@localhost/slakeeper")
    settings = Settings()
    assert "hunter3" not in repr(settings) + str(settings)
    security = Security("127.0.0.1", settings.sla_webhook_secret, settings.sla_api_token)
    for shown in (repr(settings), str(settings), settings.model_dump_json(), repr(security), str(security)):
        assert "hunter2" not in shown


def test_entries_are_kept_13_months_and_less_only_where_that_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().sla_retention_months == 13
    monkeypatch.setenv("SLA_RETENTION_MONTHS", "24")
    assert Settings().sla_retention_months == 24
    monkeypatch.setenv("SLA_RETENTION_MONTHS", "12")
    with pytest.raises(ValidationError, match="write 13 or more, or set SLA_RETENTION_BELOW_13_MONTHS=a-years-figures"):
        Settings()
    monkeypatch.setenv("SLA_RETENTION_BELOW_13_MONTHS", "yes")
    with pytest.raises(ValidationError, match="write a-years-figures-cannot-be-computed-anew, or leave it out"):
        Settings()
    monkeypatch.setenv("SLA_RETENTION_BELOW_13_MONTHS", "a-years-figures-cannot-be-computed-anew")
    assert Settings().sla_retention_months == 12


@pytest.mark.parametrize("value", ["slack:audit", "email:audit@acme.example", "Local:audit"])
def test_a_seal_channel_on_a_platform_without_a_sender_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SEAL_CHANNEL", value)
    platform = value.partition(":")[0]
    with pytest.raises(ValidationError, match=f"no seal can be said on '{platform}': write local:CHANNEL"):
        Settings()
    monkeypatch.setenv("SEAL_CHANNEL", "local:audit")
    assert Settings().seal_channel == "local:audit"
