"""Settings: read once, first found first: environment, `.env`, secrets folder; then a secret's own `..._FILE`."""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

DATA = Path(__file__).resolve().parent.parent / "data"
Folder = Annotated[Path, AfterValidator(Path.expanduser)]


class Settings(BaseSettings):
    """Everything an operator can set; each has a default that works, and an empty one counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix="REPS_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    discord_token: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("DISCORD_TOKEN", "REPS_DISCORD_TOKEN")
    )
    discord_token_file: Folder | None = Field(
        default=None, validation_alias=AliasChoices("DISCORD_TOKEN_FILE", "REPS_DISCORD_TOKEN_FILE")
    )
    secrets_dir: Folder | None = None
    database_url: SecretStr | None = None
    database_url_file: Folder | None = None
    data_dir: Folder = Path("var")
    bank_dir: Folder = DATA / "bank"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    tick_seconds: Annotated[int, Field(ge=1, le=60)] = 10
    probe_port: Annotated[int, Field(ge=0, le=65535)] = 0
    probe_host: str = "127.0.0.1"
    backup_every_hours: Annotated[int, Field(ge=0, le=168)] = 24
    # At most 30: what somebody had erased must be gone from the back-ups by then (M8).
    backup_keep_days: Annotated[int, Field(ge=1, le=30)] = 14
    shard_count: Annotated[int, Field(ge=1)] | None = None
    shard_ids: Annotated[list[int] | None, NoDecode] = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The secrets folder is itself a setting, so that it is known only after the sources above it."""
        above = (init_settings, env_settings, dotenv_settings)
        folder = next((given for source in above if (given := source().get("secrets_dir"))), None)
        if folder is None or not Path(folder).expanduser().is_dir():
            return above  # a folder that cannot be read is told of by its field
        return (*above, SecretsSettingsSource(settings_cls, secrets_dir=folder))

    @field_validator("secrets_dir")
    @classmethod
    def _is_folder(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                os.listdir(value)
            except OSError as error:
                raise ValueError(f"this folder cannot be read ({error.strerror})") from None
        return value

    @field_validator("discord_token_file", "database_url_file")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                value.open("rb").close()
            except OSError as error:
                raise ValueError(f"this file cannot be read ({error.strerror})") from None
        return value

    @field_validator("shard_ids", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isdecimal() for part in parts):
            raise ValueError("write the shards' numbers with commas between them, such as 0,1,2")
        return sorted({int(part) for part in parts})

    @model_validator(mode="after")
    def _shards_agree(self) -> Self:
        if self.shard_ids is not None and max(self.shard_ids) >= (self.shard_count or 0):
            raise ValueError(
                "REPS_SHARD_IDS needs REPS_SHARD_COUNT, the number of all shards, and shards are numbered from 0"
            )
        return self

    @classmethod
    def names(cls) -> dict[str, str]:
        """Each field with the environment variable that sets it."""
        return {
            name: str(field.validation_alias.choices[0])
            if isinstance(field.validation_alias, AliasChoices)
            else f"REPS_{name.upper()}"
            for name, field in cls.model_fields.items()
        }

    def token(self) -> str | None:
        """The bot's token, from the setting or its file; None when there is none."""
        return _secret(self.discord_token, self.discord_token_file)

    def url(self) -> str:
        """Where the data lives; a SQLite file in the data folder unless set."""
        given = _secret(self.database_url, self.database_url_file)
        return given or f"sqlite+aiosqlite:///{self.data_dir / 'reps.db'}"

    @property
    def backups(self) -> Path:
        """Where copies of the database go."""
        return self.data_dir / "backups"


def _secret(value: SecretStr | None, file: Path | None) -> str | None:
    words = value.get_secret_value() if value is not None else ""
    if not words.strip() and file is not None:
        words = file.read_text(encoding="utf-8", errors="replace")
    # Some editors begin a file with an invisible mark.
    return words.removeprefix("\ufeff").strip() or None
