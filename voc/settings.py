"""All settings, read once at the edge from `VOC_…` variables."""

from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from voc.errors import SettingsError
from voc.records import EesScale
from voc.tagging.identity import Precision

SERVERS: Final = ("postgresql://", "postgres://")
"""How the address of a database on a server begins."""

_MAKE_KEY: Final = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class Settings(BaseSettings):
    """What can be set, by environment variable `VOC_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="VOC_", frozen=True, hide_input_in_errors=True)

    database: str = Field(
        "voc.duckdb",
        description="DuckDB file that holds everything; made when missing. Or postgresql://USER:PASSWORD@HOST/DATABASE",
    )
    model: str = Field("", description="model folder or hub name; empty for the one that is shipped")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=1, le=65535, description="port to listen on")
    device: str = Field("", description="where the network runs: cpu, cuda or cuda:1; empty for a GPU where torch finds one")
    precision: Precision = Field(
        "", description="numbers that the network reckons in, full or half; empty for half on a GPU and full on a processor"
    )
    workers: int = Field(
        0, ge=0, le=256, description="tagging processes; 0 for one per processor core, of this machine or of the Ray cluster"
    )
    ray_address: str = Field(
        "", description="Ray cluster that tags, as «host:6379» on a node of it or «ray://host:10001»; this machine when empty"
    )
    timezone: str = Field("Asia/Tehran", description="zone of times that carry none, and of all days and hours")
    max_upload_mb: int = Field(512, ge=1, description="largest upload that is accepted, in MiB")
    sample: bool = Field(False, description="load the shipped sample batch into an empty database")
    retention_days: int = Field(
        0, ge=0, le=36_500, description="days after which a row is erased, by its own time or that of its arrival; 0 keeps all"
    )
    backup_dir: str = Field("", description="folder for the backups of a running service; none are made when empty")
    fcr_days: float = Field(7.0, gt=0, description="days in which a customer who comes back was not helped the first time")
    short_abandon_s: float = Field(10.0, ge=0, description="seconds before which a dropped contact counts as neither")
    working_hours: str = Field(
        "", description="hours that response times count, as «sat-wed 8-17, thu 8-13:30»; all when empty"
    )
    agent_min_n: int = Field(10, ge=1, description="rows below which a KPI of an agent is withheld")
    ees_scale: EesScale = Field(
        "1-5", description="scale of the employees' answers: 1-5, or 0-10 for eNPS; to be set before any are taken in"
    )
    show_agents: bool = Field(False, description="show agents by their ids and not by pseudonyms")
    targets: str = Field("", description="TOML file with the targets of KPIs, for the balanced scorecard")
    stay_unresolved: float = Field(0.27, ge=0, le=1, description="share of customers who stay though unresolved (Gartner)")
    stay_high_effort: float = Field(0.37, ge=0, le=1, description="share who stay when it was resolved with high effort")
    stay_low_effort: float = Field(0.61, ge=0, le=1, description="share who stay when it was resolved with low effort")
    mask_names: bool = Field(
        False, description="mask the names of people too, where a title, «من … هستم» or a signature tells them"
    )
    originals_key: SecretStr = Field(
        SecretStr(""), description="Fernet key that texts from before masking are sealed with; none are kept when empty"
    )
    max_text_chars: int = Field(100_000, ge=100, description="a longer text is refused, never cut")
    allowed_hosts: str = Field(
        "", description="names that the service is reached by through a proxy, as «voc.example.ir, voc:8443»; needs a key"
    )
    rate_per_minute: int = Field(
        6_000,
        ge=0,
        description="calls a minute of one key, or of this machine while there is none; then an address without has 120 at"
        " most; 0 for no limit",
    )
    concurrent_uploads: int = Field(8, ge=0, description="uploads at once of one key, or address; 0 for no limit")
    webhook_private: bool = Field(
        False, description="let webhooks go to private, loopback and other addresses that are not public"
    )
    audit_days: int = Field(365, ge=0, description="days that the audit log goes back; 0 to keep all of it")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("there is no such time zone; one is called Asia/Tehran")
        return name

    @field_validator("originals_key")
    @classmethod
    def _fernet_key(cls, key: SecretStr) -> SecretStr:
        if key.get_secret_value():
            from cryptography.fernet import Fernet

            try:
                Fernet(key.get_secret_value())
            except ValueError:
                raise ValueError(f"this is no Fernet key; make one with {_MAKE_KEY}") from None
        return key

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of VOC_ALLOWED_HOSTS, with their ports where they have one."""
        return tuple(host.strip().lower() for host in self.allowed_hosts.split(",") if host.strip())

    @property
    def database_is_there(self) -> bool:
        """Whether there is a file to open; what is wrong with an address is said, without its password, when it is opened."""
        return "://" in self.database or Path(self.database).exists()


def read_settings() -> Settings:
    """The settings of this process. Raises SettingsError, which names the variable, where one cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        name = f"VOC_{field.upper()}"
        given = "" if _is_secret(field) else f" (given: {first['input']!r})"
        raise SettingsError(f"{name}: {first['msg']}{given}.", field=name) from error


def settings_table() -> str:
    """All settings as a Markdown table, for the docs."""
    rows = [
        f"| `VOC_{name.upper()}` | {_default(name)!r} | {field.description} |" for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["# Settings", "", "| variable | default | what it is |", "|---|---|---|", *rows])


def _default(name: str) -> object:
    return "" if _is_secret(name) else Settings.model_fields[name].default


def _is_secret(name: str) -> bool:
    return Settings.model_fields[name].annotation is SecretStr


if __name__ == "__main__":
    print(settings_table())  # noqa: T201
