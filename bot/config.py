"""Settings: read once from the environment, an `.env` file, or mounted secret files."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DATA = Path(__file__).resolve().parent.parent / "data"


class Settings(BaseSettings):
    """Everything an operator can set; each has a default that works."""

    model_config = SettingsConfigDict(
        env_prefix="REPS_", env_file=".env", extra="ignore", hide_input_in_errors=True, populate_by_name=True
    )

    discord_token: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("DISCORD_TOKEN", "REPS_DISCORD_TOKEN")
    )
    discord_token_file: Path | None = Field(
        default=None, validation_alias=AliasChoices("DISCORD_TOKEN_FILE", "REPS_DISCORD_TOKEN_FILE")
    )
    database_url: SecretStr | None = None
    data_dir: Path = Path("var")
    bank_dir: Path = DATA / "bank"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    tick_seconds: Annotated[int, Field(ge=1, le=60)] = 10
    probe_port: Annotated[int, Field(ge=0, le=65535)] = 0
    probe_host: str = "127.0.0.1"
    shard_count: Annotated[int, Field(ge=1)] | None = None
    shard_ids: Annotated[list[int] | None, NoDecode] = None

    @field_validator("shard_ids", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [int(part) for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    def token(self) -> str | None:
        """The bot's token, from the setting or its file; None when there is none."""
        if self.discord_token is not None:
            return self.discord_token.get_secret_value().strip() or None
        if self.discord_token_file is not None:
            return self.discord_token_file.read_text(encoding="utf-8").strip() or None
        return None

    def url(self) -> str:
        """Where the data lives; a SQLite file in the data folder unless set."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.data_dir / 'reps.db'}"

    @property
    def backups(self) -> Path:
        """Where copies of the database go."""
        return self.data_dir / "backups"
