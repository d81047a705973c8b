"""Who can sign in to the demonstration, and the desks where its facilitators work."""

from dataclasses import dataclass

PASSWORD = "quatre mots pour essayer"  # printed at start, for invented people
NATIONAL = "national"

DESKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "besancon": ("Guichet de démonstration du Grand Besançon", ("242500361",)),
    "dijon": ("Guichet de démonstration de Dijon Métropole", ("242100410",)),
    "region": ("Guichet de démonstration de Bourgogne-Franche-Comté", ("R27",)),
    "idf": ("Guichet de démonstration d'Île-de-France", ("R11",)),
}
"""Name and territories of each, by its key; the national desk is there already."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person and where it belongs: an organisation's key, a structure's name, a desk's key;
    to none of them, the administrator."""

    role: str
    email: str
    full_name: str
    organisation: str | None = None
    structure: str | None = None
    desk: str | None = None

    @property
    def is_administrator(self) -> bool:
        return not (self.organisation or self.structure or self.desk)


ADMINISTRATOR = Account("Administratrice", "admin@tandem.invalid", "Anne Leclerc")

ACCOUNTS = (
    Account(
        "Acheteuse, commune de Besançon",
        "acheteur@tandem.invalid",
        "Nadia Perrot",
        organisation="besancon",
    ),
    Account(
        "Acheteuse, commune de Dijon",
        "acheteur.dijon@tandem.invalid",
        "Élodie Garnier",
        organisation="dijon",
    ),
    Account(
        "Structure d'insertion, Besançon",
        "structure@tandem.invalid",
        "Romain Jacquot",
        structure="Les Chantiers du Rosemont",
    ),
    Account(
        "ESAT, Besançon",
        "structure.esat@tandem.invalid",
        "Sandrine Petit",
        structure="ESAT Les Ateliers de la Citadelle",
    ),
    Account(
        "Facilitatrice, Grand Besançon",
        "facilitateur@tandem.invalid",
        "Camille Faivre",
        desk="besancon",
    ),
    Account(
        "Facilitateur, Dijon Métropole",
        "facilitateur.dijon@tandem.invalid",
        "Mehdi Renaud",
        desk="dijon",
    ),
    Account(
        "Facilitatrice, Bourgogne-Franche-Comté",
        "facilitateur.region@tandem.invalid",
        "Laure Chevalier",
        desk="region",
    ),
    Account(
        "Facilitateur, Île-de-France",
        "facilitateur.idf@tandem.invalid",
        "Olivier N'Guessan",
        desk="idf",
    ),
    Account(
        "Facilitatrice, guichet national",
        "facilitateur.national@tandem.invalid",
        "Hélène Brunet",
        desk=NATIONAL,
    ),
    ADMINISTRATOR,
)


def sign_in_lines() -> list[str]:
    """What `marketplace run --demo` prints: each role with its address, and the password."""
    width = max(len(account.role) for account in ACCOUNTS)
    shown = [f"  {account.role:<{width}}  {account.email}" for account in ACCOUNTS]
    return ["Comptes de démonstration\u00a0:", *shown, f"Mot de passe\u00a0: {PASSWORD}"]
