"""Which purchases are social and other specific services, with rules of their own. Pure.

Source: annex XIV of directive 2014/24/EU, listed by codes of the common procurement vocabulary and
taken over by the avis of 31 March 2019 (marche-public.info). Only what inclusive structures sell is
here, and only where the whole code or sector is of the list: guarding goes with reception in a
sector, training with advice. What they lead to is told « à vérifier ».
"""

from collections.abc import Collection

CODES = ("551", "552", "553", "554", "5551", "5552", "797", "80", "85", "92", "9851")
"""Hotels, restaurants and catering, guarding, teaching, care, culture and sport, help at home."""
SECTORS = frozenset(
    {
        "activite-culturelle-theatrale-et-spectacle",
        "aide-menagere",
        "autre-medico-social",
        "hotellerie",
        "restaurants-cantines",
        "restauration-collective",
        "soins-et-accompagnement",
        "traiteur",
    }
)


def are_specific(cpv_codes: Collection[str], sectors: Collection[str]) -> bool:
    """Whether services are some of them: by their codes, else by their sectors. Of several, all
    have to be, since those of a mixed contract that cannot be parted are ordinary (R2123-2)."""
    if cpv_codes:
        return all(code.startswith(CODES) for code in cpv_codes)
    return bool(sectors) and SECTORS.issuperset(sectors)
