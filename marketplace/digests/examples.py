"""Invented values that fill each message: for the previews of administrators and the tests."""

_VALUES = {
    "name": "Camille Martin",
    "link": "/exemple-de-lien",
    "day": "24\u00a0décembre\u00a02026",
    "expires": "25/11/2026 à 10\u00a0h\u00a032",
    "organisation": "Ville de Vallonne",
    "structure": "Les Jardins de la Combe",
    "desk": "Guichet du Doubs",
    "by": "Dominique Bernard",
    "reason": "Le SIRET donné est celui d'un autre établissement de l'association.",
}
_LINKS_TO_A_PAGE = {
    "accounts/account_exists",
    "accounts/identity_linked",
    "accounts/no_account",
    "accounts/password_changed",
    "retention/account_expiring",
    "accounts/request_accepted",
    "accounts/request_refused",
    "accounts/request_to_decide",
    "structures/claim_accepted",
    "structures/claim_refused",
    "structures/claim_to_decide",
}
"""Kinds whose link is a page of the site: it does not expire."""


def example_of(kind: str) -> dict[str, str]:
    left_out = {"expires"} if kind in _LINKS_TO_A_PAGE else set()
    return {name: value for name, value in _VALUES.items() if name not in left_out}
