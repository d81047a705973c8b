"""The environment, read once into a frozen Config and passed on."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parent
"""The checkout's root; in an installed wheel, the folder that holds the package."""


def tree(name: str) -> Path:
    """A folder of the checkout, or its copy inside an installed wheel."""
    installed = PACKAGE / "_tree" / name
    return installed if installed.is_dir() else CHECKOUT / name


class Config(BaseSettings):
    """Every setting of Tandem; the name of the variable is the field's, in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    secret_key: str = Field(min_length=16)
    database_url: str
    redis_url: str
    redis_prefix: str = "tandem:"
    public_base_url: str = "http://127.0.0.1:8000"
    trusted_hosts: list[str] = []
    smtp_url: str = ""
    """Where mail is handed over; without it, mail is kept in the database and not sent."""
    mail_from: str = "Tandem <ne-pas-repondre@tandem.invalid>"
    tiles_url: str = (
        "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&STYLE=normal"
        "&TILEMATRIXSET=PM&FORMAT=image/png&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2"
        "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
    )
    tiles_attribution: str = "© IGN"
