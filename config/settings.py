"""Settings from the environment.

Decided here: their names, defaults and kinds. Secrets are kept as secrets: they show in no `repr` and no log. Not decided
here: agreements and people, which are the configuration.
"""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_CONFIG = Path(__file__).parent / "example"
LEAST_MONTHS = 13
SEAL_PLATFORMS = ("local",)
"""Where a channel can be told of a seal, whichever process seals; a letter or one process's terminal is no such place."""
ACKNOWLEDGED = "a-years-figures-cannot-be-computed-anew"


class Settings(BaseSettings):
    """One attribute an environment variable, in capitals."""

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore", env_ignore_empty=True)

    sla_config: Path = DEFAULT_CONFIG
    """The configuration: a file or a folder."""
    database_url: str = Field(default="sqlite:///slakeeper.db", repr=False)
    """The ledger. SQLite's file is made where it is missing."""
    redis_url: SecretStr | None = None
    """Redis or Valkey between processes; one process alone does not need it."""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    sla_webhook_secret: SecretStr | None = None
    """The key of the signature on POST /events."""
    sla_api_token: SecretStr | None = None
    """The bearer token of the API and the page."""
    seal_key: SecretStr | None = None
    """The key under which the ledger is sealed each day."""
    seal_keys_before: SecretStr | None = None
    """Earlier keys, separated by spaces: what was sealed under them is still to be verified."""
    seal_file: Path | None = None
    """Where each seal is also kept, outside the database."""
    seal_channel: str | None = None
    """Where each seal is said, as `platform:channel`."""
    smtp_url: SecretStr | None = None
    """The mail server that takes letters to customers."""
    smtp_from: str | None = None
    """Whom letters come from: `Acme Support <support@acme.example>`."""
    helpdesk_url: str | None = Field(default=None, repr=False)
    """Where changes of tickets are posted: tags, and who has them."""
    helpdesk_secret: SecretStr | None = None
    """The key of the signature on what is posted there."""
    archive_folder: Path | None = None
    """Where entries go that were kept long enough."""
    sla_retention_below_13_months: str | None = None
    """ACKNOWLEDGED, where less than LEAST_MONTHS are meant."""
    sla_retention_months: int = Field(default=LEAST_MONTHS, ge=1, le=1200, validate_default=True)
    """For how long the entries of a ticket that has ended are kept in the database."""
    log_level: str = "info"

    @field_validator("sla_retention_below_13_months")
    @classmethod
    def _acknowledged(cls, value: str | None) -> str | None:
        if value not in (None, ACKNOWLEDGED):
            raise ValueError(f"write {ACKNOWLEDGED}, or leave it out")
        return value

    @field_validator("sla_retention_months")
    @classmethod
    def _long_enough(cls, value: int, info: ValidationInfo) -> int:
        if value < LEAST_MONTHS and info.data.get("sla_retention_below_13_months") is None:
            raise ValueError(
                f"entries are kept at least {LEAST_MONTHS} months, so that a year's figures can be computed anew: write "
                f"{LEAST_MONTHS} or more, or set SLA_RETENTION_BELOW_13_MONTHS={ACKNOWLEDGED} too"
            )
        return value

    @field_validator("seal_key")
    @classmethod
    def _a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("it is blank: write a long random text, or leave it out")
        return value

    @field_validator("seal_channel")
    @classmethod
    def _place(cls, value: str | None) -> str | None:
        if value is not None and not all(value.partition(":")):
            raise ValueError("write platform:channel, such as local:audit")
        if value is not None and (platform := value.partition(":")[0]) not in SEAL_PLATFORMS:
            raise ValueError(
                f"no seal can be said on {platform!r}: write {' or '.join(f'{known}:CHANNEL' for known in SEAL_PLATFORMS)}"
            )
        return value

    def seal_keys(self) -> tuple[bytes, ...]:
        """The key of new seals, then the earlier ones; none where SEAL_KEY is not set."""
        if self.seal_key is None:
            return ()
        before = self.seal_keys_before.get_secret_value() if self.seal_keys_before else ""
        earlier = dict.fromkeys((*before.split(), before)) if before else ()  # the whole: one key that has spaces in it
        return tuple(key.encode() for key in (self.seal_key.get_secret_value(), *earlier))

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.lower() not in ("debug", "info", "warning", "error"):
            raise ValueError("write debug, info, warning or error")
        return value.lower()
