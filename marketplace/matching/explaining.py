"""Reasons, near criteria and score parts as French sentences, from both sides. Pure."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal

from marketplace.matching.shapes import Reason
from marketplace.sectors.aims import AIMS
from marketplace.structures.kinds import LABELS, Kind

Viewer = Literal["buyer", "structure"]

PARTS = {
    "sector": "Secteur",
    "words": "Mots",
    "territory": "Territoire",
    "nearness": "Proximité",
    "service": "Prestation",
    "availability": "Disponibilité",
    "impact": "Impact demandé",
    "feedback": "Retours",
}
"""The names of a score's parts, in the order that people are shown them."""

NEAR = {
    "sector": "Presque\u00a0: le secteur est voisin, ce n'est pas celui du besoin",
    "territory": "Presque\u00a0: le lieu est juste en dehors de la zone d'intervention",
}
"""What a near structure misses."""

SERVICES = {
    "DISP": "mise à disposition de personnel",
    "PREST": "prestation de service",
    "BUILD": "fabrication de biens",
}

_MONTHS = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
)

_FEMININE = frozenset(
    "07 09 10 11 16 17 19 2A 2B 21 23 24 26 27 31 33 35 36 37 38 42 43 44 48 50 51 52 53 54 55 57"
    " 58 60 61 70 71 72 73 74 76 77 80 85 86 87 89 91 93 971 972 973 974 987 988 989".split()
)
_FEMININE_PLURAL = frozenset("04 05 06 08 13 22 40 64 65 66 78 79 88 984".split())
_MASCULINE_PLURAL = frozenset({"92"})
_BARE = frozenset("75 974 975 976 977 978 986".split())
"""Departments and collectivities named without an article, or with one inside their name."""
_FEMININE_BARE = frozenset({"974"})

_VOWELS = "aeiouyàâäéèêëîïôöùûüœæ"
_SILENT_H = (
    "habill",
    "habit",
    "hebdo",
    "héberg",
    "hélic",
    "herb",
    "heure",
    "hérault",
    "hist",
    "hiver",
    "homolog",
    "honor",
    "hôpit",
    "horair",
    "horlog",
    "hortic",
    "hospital",
    "hôt",
    "huil",
    "humain",
    "humid",
    "hydr",
    "hygi",
)


def sentence(reason: Reason, viewer: Viewer = "buyer") -> str:
    """The reason as that person is told it; an unknown code gives nothing.

    Codes stored by an older version may lack a value that a newer one adds: what is missing
    is left unsaid.
    """
    say = _SAY.get(reason["code"])
    return say(reason, viewer) if say else ""


def sentences(reasons: Sequence[Reason], viewer: Viewer = "buyer") -> list[str]:
    """All that there is to say, in the order given."""
    return [said for reason in reasons if (said := sentence(reason, viewer))]


def listed(words: Sequence[str], link: str = "et") -> str:
    """« a », « a et b », « a, b et c »."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {link} {words[-1]}"


def of(words: str) -> str:
    """« de tonte », « d'entretien », « d'hôtellerie », « de haies »."""
    return f"d'{words}" if _elides(words) else f"de {words}"


def at(name: str) -> str:
    """« à Besançon », « au Mans », « aux Ulis », « à La Rochelle »."""
    if name.startswith("Le "):
        return f"au {name[3:]}"
    return f"aux {name[4:]}" if name.startswith("Les ") else f"à {name}"


def distance(km: float) -> str:
    """« 12 km », « moins de 1 km », « 1 250 km »."""
    if km < 1:
        return "moins de\u00a01\u00a0km"
    return f"{round(km):,}\u00a0km".replace(",", "\u00a0")


def day(iso: str) -> str:
    """« 1er mars 2027 », « 15 août 2026 »."""
    known = date.fromisoformat(iso)
    number = "1er" if known.day == 1 else known.day
    return f"{number} {_MONTHS[known.month - 1]} {known.year}"


def whole(zone: str, level: str, name: str) -> str:
    """« dans tout le Doubs », « dans toute la région Bretagne », « à Besançon »."""
    if level == "commune":
        return at(name)
    if level == "region":
        return f"dans toute la région {name}"
    if level == "epci":
        return f"dans l'intercommunalité {name}"
    return f"dans {_all_of(zone, name)}"


def inside(zone: str, level: str, name: str) -> str:
    """« dans le Doubs », « en région Bretagne », « à Besançon »."""
    if level == "department":
        return f"à {name}" if zone in _BARE else f"dans {_article(zone, name)}{name}"
    if level == "region":
        return f"en région {name}"
    return whole(zone, level, name)


def _all_of(department: str, name: str) -> str:
    if department in _BARE:
        return f"{'toute' if department in _FEMININE_BARE else 'tout'} {name}"
    if department in _FEMININE_PLURAL:
        every = "toutes"
    elif department in _MASCULINE_PLURAL:
        every = "tous"
    else:
        every = "toute" if department in _FEMININE else "tout"
    return f"{every} {_article(department, name)}{name}"


def _article(department: str, name: str) -> str:
    if department in _FEMININE_PLURAL | _MASCULINE_PLURAL:
        return "les "
    if _elides(name):
        return "l'"
    return "la " if department in _FEMININE else "le "


def _elides(words: str) -> bool:
    lower = words.lower()
    return lower[:1] in tuple(_VOWELS) or lower.startswith(_SILENT_H)


def _named(reason: Reason) -> str:
    """The names of sectors, which hold commas and « et »."""
    return "\u00a0; ".join(_inside_a_sentence(name) for name in reason["names"])


def _inside_a_sentence(name: str) -> str:
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def _sectors(reason: Reason, viewer: Viewer) -> str:
    many = len(reason["names"]) > 1
    if reason["code"] == "implied_sector":
        whose = "son offre évoque" if viewer == "buyer" else "votre offre évoque"
        what = "Secteurs" if many else "Secteur"
        start = f"{what} que {whose} sans {'les' if many else 'le'} déclarer"
    elif not reason.get("ticked", True):
        start = f"{'Secteurs' if many else 'Secteur'} que les mots du besoin évoquent"
    else:
        start = "Mêmes secteurs" if many else "Même secteur"
    return f"{start}\u00a0: {_named(reason)}"


def _same_group(reason: Reason, _: Viewer) -> str:
    start = "Secteurs voisins" if len(reason["names"]) > 1 else "Secteur voisin"
    return f"{start}, du groupe «\u00a0{reason['group']}\u00a0»\u00a0: {_named(reason)}"


def _other_sector(reason: Reason, viewer: Viewer) -> str:
    if not reason["names"]:
        whose = "son offre" if viewer == "buyer" else "votre offre"
        return f"Le secteur de {whose} n'est pas précisé"
    return f"Autre secteur que celui que les mots du besoin évoquent\u00a0: {_named(reason)}"


def _works(viewer: Viewer, seat: str | None, where: str) -> str:
    if viewer == "structure":
        return f"Vous intervenez {where}"
    return f"Basée {at(seat)}, intervient {where}" if seat else f"Intervient {where}"


def _country(reason: Reason, viewer: Viewer) -> str:
    return _works(viewer, reason.get("seat"), "dans toute la France")


def _covers_zone(reason: Reason, viewer: Viewer) -> str:
    if reason["level"] == "commune" and reason.get("seat") == reason["name"]:
        start = "Basée" if viewer == "buyer" else "Vous êtes"
        return f"{start} {at(reason['name'])}, où {_it(viewer)}"
    where = whole(reason["zone"], reason["level"], reason["name"])
    return _works(viewer, reason.get("seat"), where)


def _just_outside_zone(reason: Reason, viewer: Viewer) -> str:
    where = whole(reason["zone"], reason["level"], reason["name"])
    return f"{_works(viewer, reason.get('seat'), where)}, à moins de\u00a030\u00a0km du lieu"


def _within_radius(reason: Reason, viewer: Viewer) -> str:
    works = "intervient" if viewer == "buyer" else "vous intervenez"
    limit = distance(reason["limit_km"])
    if reason["code"] == "just_outside_radius":
        return f"{_how_far(reason)}, un peu au-delà des {limit} où {_it(viewer)}"
    return f"{_how_far(reason)}, {works} jusqu'à {limit}"


def _it(viewer: Viewer) -> str:
    return "elle intervient" if viewer == "buyer" else "vous intervenez"


def _how_far(reason: Reason) -> str:
    return f"À {distance(reason['km'])}{' de la zone' if reason.get('to_zone') else ''}"


def _seated_within(reason: Reason, _: Viewer) -> str:
    limit = distance(reason["limit_km"])
    if reason["code"] == "seated_just_outside":
        return f"{_how_far(reason)}, un peu au-delà des {limit} demandés"
    return f"{_how_far(reason)}, dans les {limit} demandés"


def _seated_in(reason: Reason, viewer: Viewer) -> str:
    start = "Basée" if viewer == "buyer" else "Vous êtes"
    seat, name = reason.get("seat"), reason.get("name")
    if not name:
        return f"{start} {at(seat)}, sous le même code postal" if seat else "Même code postal"
    where = inside(reason["zone"], reason["level"], name)
    if seat and seat != name:
        return f"{start} {at(seat)}, {where}"
    return f"{start} {where}"


def _words(reason: Reason, viewer: Viewer) -> str:
    whose = "Son offre" if viewer == "buyer" else "Votre offre"
    said = reason["words"]
    return f"{whose} parle {listed([of(word) if i == 0 else word for i, word in enumerate(said)])}"


def _service_types(reason: Reason, _: Viewer) -> str:
    many = len(reason["types"]) > 1
    start = "Types de prestation demandés" if many else "Type de prestation demandé"
    return f"{start}\u00a0: {listed([SERVICES[service] for service in reason['types']])}"


def _kind(reason: Reason, _: Viewer) -> str:
    kind = Kind(reason["kind"])
    return f"Type de structure demandé\u00a0: {LABELS[kind]} ({kind})"


def _amount_outside(_: Reason, viewer: Viewer) -> str:
    return f"Montant hors de ce que {_accepts(viewer)} habituellement"


def _accepts(viewer: Viewer) -> str:
    return "la structure accepte" if viewer == "buyer" else "vous acceptez"


def _lead_outside(reason: Reason, viewer: Viewer) -> str:
    who = "Demande" if viewer == "buyer" else "Vous demandez"
    days = reason["days"]
    unit = "jours" if days > 1 else "jour"
    return f"{who} {days} {unit} de délai, plus que le besoin n'en laisse"


def _qpv(_: Reason, viewer: Viewer) -> str:
    start = "Basée" if viewer == "buyer" else "Vous êtes"
    return f"{start} dans un quartier prioritaire de la politique de la ville"


def _unconfirmed(_: Reason, viewer: Viewer) -> str:
    if viewer == "buyer":
        return "Activité non confirmée par la structure"
    return "Votre activité n'est pas confirmée\u00a0: déclarez-la pour mieux ressortir"


def _tags(reason: Reason, _: Viewer) -> str:
    aims = [_inside_a_sentence(AIMS[tag].label) for tag in reason["tags"] if tag in AIMS]
    return f"Favorise ce qui est demandé\u00a0: {listed(aims)}" if aims else ""


def _team(reason: Reason, viewer: Viewer) -> str:
    people = reason["people"]
    who = "Emploie" if viewer == "buyer" else "Vous employez"
    return f"{who} {people} {'personnes' if people > 1 else 'personne'} en insertion"


def _absent(reason: Reason, viewer: Viewer) -> str:
    who = "Complète" if viewer == "buyer" else "Vous êtes complets"
    return f"{who} jusqu'au {day(reason['day'])}"


def _stale(reason: Reason, viewer: Viewer) -> str:
    whose = "Offre confirmée" if viewer == "buyer" else "Vous avez confirmé cette offre"
    return f"{whose} pour la dernière fois le {day(reason['day'])}"


def _lots(reason: Reason, viewer: Viewer) -> str:
    numbers = [str(number) for number in reason["numbers"]]
    which = "aux lots" if len(numbers) > 1 else "au lot"
    return f"{_can_answer(viewer)} {which} {listed(numbers)}"


def _can_answer(viewer: Viewer) -> str:
    return "Peut répondre" if viewer == "buyer" else "Vous pouvez répondre"


def _more(reason: Reason) -> str:
    adds = reason["adds"]
    more = f"{adds} structures de plus" if adds > 1 else "une structure de plus"
    return f"{more} pour le lot {reason['lot']}" if "lot" in reason else more


def _wider_radius(reason: Reason, _: Viewer) -> str:
    return f"Jusqu'à {distance(reason['limit_km'])}\u00a0: {_more(reason)}"


def _add_sector(reason: Reason, _: Viewer) -> str:
    name = _inside_a_sentence(reason["name"])
    return f"En ajoutant le secteur «\u00a0{name}\u00a0»\u00a0: {_more(reason)}"


def _add_kind(reason: Reason, _: Viewer) -> str:
    return f"En acceptant aussi le type {reason['kind']}\u00a0: {_more(reason)}"


def _add_service(reason: Reason, _: Viewer) -> str:
    service = SERVICES[reason["type"]]
    return f"En acceptant aussi la {service}\u00a0: {_more(reason)}"


def _include_country(reason: Reason, _: Viewer) -> str:
    return f"En acceptant les offres nationales\u00a0: {_more(reason)}"


def _volunteered(_: Reason, viewer: Viewer) -> str:
    who = "S'est proposée d'elle-même" if viewer == "buyer" else "Vous vous êtes proposé"
    return f"{who}, sans que l'offre corresponde à tous les critères"


_SAY: dict[str, Callable[[Reason, Viewer], str]] = {
    "same_sector": _sectors,
    "implied_sector": _sectors,
    "same_group": _same_group,
    "other_sector": _other_sector,
    "country": _country,
    "covers_zone": _covers_zone,
    "just_outside_zone": _just_outside_zone,
    "within_radius": _within_radius,
    "just_outside_radius": _within_radius,
    "seated_within": _seated_within,
    "seated_just_outside": _seated_within,
    "seated_in": _seated_in,
    "words": _words,
    "service_types": _service_types,
    "kind": _kind,
    "amount_outside": _amount_outside,
    "lead_outside": _lead_outside,
    "qpv": _qpv,
    "tags": _tags,
    "team": _team,
    "unconfirmed": _unconfirmed,
    "absent": _absent,
    "stale": _stale,
    "lots": _lots,
    "wider_radius": _wider_radius,
    "add_sector": _add_sector,
    "add_kind": _add_kind,
    "add_service": _add_service,
    "include_country": _include_country,
    "volunteered": _volunteered,
}
