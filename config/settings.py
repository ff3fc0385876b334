"""Settings from the environment.

Decided here: their names, defaults and kinds. Secrets are kept as secrets: they show in no `repr` and no log. Not decided
here: agreements and people, which are the configuration.
"""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_CONFIG = Path(__file__).parent / "example"


class Settings(BaseSettings):
    """One attribute an environment variable, in capitals."""

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore", env_ignore_empty=True)

    sla_config: Path = DEFAULT_CONFIG
    """The configuration: a file or a folder."""
    database_url: str = "sqlite:///slakeeper.db"
    """The ledger. SQLite's file is made where it is missing."""
    redis_url: SecretStr | None = None
    """Redis or Valkey between processes; not used by one process alone."""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    sla_webhook_secret: SecretStr | None = None
    """The key of the signature on POST /events."""
    sla_api_token: SecretStr | None = None
    """The bearer token of the API and the page."""
    seal_key: SecretStr | None = None
    """The key under which the ledger is sealed each day."""
    seal_file: Path | None = None
    """Where each seal is also kept, outside the database."""
    seal_channel: str | None = Field(default=None, pattern=r"^[a-z]+:.+$")
    """Where each seal is said, as `platform:channel`."""
    log_level: str = "info"

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.lower() not in ("debug", "info", "warning", "error"):
            raise ValueError("write debug, info, warning or error")
        return value.lower()
