"""The environment, read once into a frozen Config and passed on."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parent
"""The checkout's root; in an installed wheel, the folder that holds the package."""


def tree(name: str) -> Path:
    """A folder of the checkout, or its copy inside an installed wheel."""
    installed = PACKAGE / "_tree" / name
    return installed if installed.is_dir() else CHECKOUT / name


Days = Annotated[int, Field(gt=0, le=36_500)]


class Retention(BaseModel):
    """How many days what speaks of a person is kept. RETENTION changes some, as a JSON object.

    Two years without a visit, then a warning: what the CNIL advises for accounts. A year for
    a journal of who did what: its recommendation 2021-122; the database itself refuses to
    forget anything of the last 365 days, hence one day more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    inactive_account: Days = 730
    warned_before: Days = 30
    """An unused account is announced to end this long before it does."""
    unconfirmed_account: Days = 30
    session: Days = 30
    """After it ended, or was last seen."""
    link: Days = 30
    """After a mailed link or an invitation expired."""
    mail: Days = 365
    farewell: Days = 7
    """The mail that tells an erased account's owner so."""
    trail: Annotated[Days, Field(ge=366)] = 366

    @model_validator(mode="after")
    def _warns_of_the_end_alone(self) -> Self:
        if self.warned_before >= self.inactive_account:
            raise ValueError("warned_before is shorter than inactive_account")
        return self


class Config(BaseSettings):
    """Every setting of Tandem; the name of the variable is the field's, in capitals.

    What is secret, or may hold a password, is shown neither in an error nor in a log.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    secret_key: str = Field(min_length=32, repr=False)
    database_url: str = Field(repr=False)
    redis_url: str = Field(repr=False)
    redis_prefix: str = "tandem:"
    public_base_url: str = "http://127.0.0.1:8000"
    trusted_hosts: list[str] = []
    trusted_proxies: int = Field(default=0, ge=0)
    """How many proxies of ours stand before the web, each adding to X-Forwarded-For."""
    smtp_url: str = Field(default="", repr=False)
    """Where mail is handed over; without it, mail is kept in the database and not sent."""
    mail_a_minute: int = Field(default=100, gt=0)
    """How many mails that nobody waits for leave to one domain in a minute."""
    bounces_secret: str = Field(default="", repr=False)
    """What the provider of outgoing mail signs its calls about refused mail with; without it,
    none is taken."""
    mail_from: str = "Tandem <ne-pas-repondre@tandem.invalid>"
    files_dir: Path = CHECKOUT / "var" / "files"
    """Where the files that people hand in are kept: one folder for the web and the workers."""
    files_url: str = ""
    """s3://bucket/prefix keeps them in a bucket instead; AWS's own variables open it."""
    clamd_url: str = ""
    """tcp://host:3310 or unix:///path: the antivirus that looks at them first, if any."""
    oidc_issuer: str = ""
    """Where people sign in besides Tandem, by ProConnect's profile; without it, only here."""
    oidc_client_id: str = ""
    oidc_client_secret: str = Field(default="", repr=False)
    tiles_url: str = (
        "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&STYLE=normal"
        "&TILEMATRIXSET=PM&FORMAT=image/png&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2"
        "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
    )
    tiles_attribution: str = "© IGN"
    retention: Retention = Retention()

    @model_validator(mode="after")
    def _knows_where_files_go(self) -> Self:
        kept, scanned = urlsplit(self.files_url), urlsplit(self.clamd_url)
        if self.files_url and (kept.scheme != "s3" or not kept.netloc):
            raise ValueError("FILES_URL is s3://bucket or s3://bucket/prefix")
        if self.clamd_url and (
            scanned.scheme not in {"tcp", "unix"}
            or not (scanned.hostname if scanned.scheme == "tcp" else scanned.path)
        ):
            raise ValueError("CLAMD_URL is tcp://host:port or unix:///path")
        return self

    @model_validator(mode="after")
    def _knows_a_whole_provider(self) -> Self:
        said = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        if any(said) and not all(said):
            raise ValueError("OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET go together")
        issuer = urlsplit(self.oidc_issuer)
        if issuer.scheme == "http" and issuer.hostname not in {"localhost", "127.0.0.1"}:
            raise ValueError("OIDC_ISSUER is an https address")
        return self
