"""Questions that buyers may put to structures, proposed by what is bought. Pure."""

from collections.abc import Collection, Iterable

from marketplace.sectors.nomenclature import BY_SLUG, group_of

MOST = 10
LONGEST = 300

_EVERYONE = (
    "Combien de personnes de votre équipe travailleraient sur ce contrat ?",
    "Comment accompagnez-vous ces personnes pendant le contrat ?",
    "Sous quel délai pouvez-vous commencer ?",
)
_BY_KIND = {
    "tender": ("Répondriez-vous seul ou en groupement ?",),
    "quote": ("Combien de temps votre prix reste-t-il valable ?",),
    "sourcing": (
        "Quels volumes pouvez-vous assurer par mois ?",
        "Qu'est-ce qui vous empêcherait de répondre à un marché de ce type ?",
        "Quelle taille de lot vous conviendrait le mieux ?",
    ),
}
_BY_GROUP = {
    "agro-alimentaire": ("Quelle part de vos produits est biologique ou locale ?",),
    "batiments-et-travaux-publics": (
        "Quelles qualifications et assurances avez-vous pour ces travaux ?",
        "Combien de personnes pouvez-vous mettre sur le chantier chaque semaine ?",
    ),
    "collecte-traitement-des-dechets": (
        "Que deviennent les matières collectées, et comment le prouvez-vous ?",
    ),
    "demenagements-livraisons-transports": ("De quels véhicules disposez-vous ?",),
    "entretien-du-linge": ("Quelles quantités pouvez-vous traiter par semaine ?",),
    "espaces-verts-exterieurs": (
        "Travaillez-vous sans produit phytosanitaire ?",
        "De quel matériel disposez-vous ?",
    ),
    "hygiene-et-proprete": (
        "Utilisez-vous des produits écolabellisés ?",
        "Comment assurez-vous les remplacements ?",
    ),
    "prestations-informatiques": ("Où sont hébergées les données que l'on vous confie ?",),
    "recyclage-economie-circulaire": ("Quelle part des objets repris retrouve un usage ?",),
    "restauration": (
        "Quelle part de vos produits est biologique, locale ou de saison ?",
        "Combien de repas pouvez-vous servir par jour ?",
    ),
    "sous-traitance-industrielle": ("Quelles cadences pouvez-vous tenir, avec quel contrôle ?",),
}


def proposed(kind: str, sector_slugs: Iterable[str], asked: Collection[str]) -> list[str]:
    """Those that suit this kind of need and these sectors, without those already asked."""
    groups = dict.fromkeys(group_of(slug) for slug in sorted(sector_slugs) if slug in BY_SLUG)
    of_sectors = [words for group in groups for words in _BY_GROUP.get(group, ())]
    every = [*of_sectors, *_BY_KIND.get(kind, ()), *_EVERYONE]
    return [words for words in every if words not in asked]
