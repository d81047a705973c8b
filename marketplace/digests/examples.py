"""Invented values that fill each message: for the previews of administrators and the tests."""

from typing import Any

_VALUES: dict[str, Any] = {
    "network": "Réseau Cocagne",
    "name": "Camille Martin",
    "link": "/exemple-de-lien",
    "day": "24\u00a0décembre\u00a02026",
    "expires": "25/11/2026 à 10\u00a0h\u00a032",
    "organisation": "Ville de Vallonne",
    "structure": "Les Jardins de la Combe",
    "desk": "Guichet du Doubs",
    "by": "Dominique Bernard",
    "need": "Entretien des espaces verts",
    "contract": "Rénovation de l'école",
    "employer": "Maçonnerie de la Boucle",
    "month": "octobre 2026",
    "question": "Les deux personnes sont-elles nouvelles sur ce chantier\u00a0?",
    "outcome": "Lot 1\u00a0: votre structure est retenue.",
    "sender": "Ville de Vallonne",
    "offer": "Tonte et taille de haies",
    "buyer": "Ville de Vallonne",
    "changes": [
        {
            "label": "Réponses jusqu'au",
            "before": "10\u00a0décembre\u00a02026",
            "after": "24\u00a0décembre\u00a02026",
        }
    ],
    "answered": "Vous avez répondu au lot 2, qui change. Votre réponse reste enregistrée.",
    "why": "Le budget est reporté à l'an prochain.",
    "reason": "Le SIRET donné est celui d'un autre établissement de l'association.",
}
_DECIDED = {
    "motive": "Le besoin reste trop imprécis",
    "remarks": [{"label": "Titre", "words": "Dites de quels espaces il s'agit."}],
    "adjusted": ["Secteurs\u00a0: Jardinage devient Création et entretien des espaces verts"],
}
_OF_KIND: dict[str, dict[str, Any]] = {
    "answers/consortium_news": {"news": "Net et clair accepte de rejoindre le groupement."},
    "answers/joint_answer_withdrawn": {
        "news": "Le groupement que mène Net et clair retire la réponse commune qu'il a envoyée."
    },
    "answers/need_proposal": {"proposal": "Repousser la date limite au 4 janvier 2027."},
    "moderation/need_not_published": _DECIDED,
    "moderation/need_published": _DECIDED,
    "moderation/need_sent_back": _DECIDED,
    "exports/ready": {"sheet": "Les structures trouvées"},
    "clauses/contract_news": {
        "news": "Maçonnerie de la Boucle aura des heures à déclarer pour "
        "«\u00a0Rénovation de l'école\u00a0»",
        "button": "Voir le contrat",
    },
    "clauses/posts_shared": {
        "posts": 3,
        "trade": "Peintre en bâtiment",
        "place": "Vallonne (25)",
        "starts": "15\u00a0janvier\u00a02027",
        "prescriber": "Mission locale de Vallonne",
    },
    "digests/contact": {
        "count": 4,
        "needs": [
            {
                "title": title,
                "link": "/besoins/exemple",
                "lines": ["Ville de Vallonne", "À 12\u00a0km, vous intervenez jusqu'à 50\u00a0km"],
            }
            for title in ("Entretien des espaces verts", "Tonte des stades", "Taille de haies")
        ],
    },
    "digests/personal": {
        "subject": "2 besoins correspondent à vos offres",
        "sections": [
            {
                "heading": "Des besoins pour vous",
                "items": [
                    {
                        "title": "Nettoyage des écoles\u00a0: un besoin pour La Brosse",
                        "link": "/besoins/exemple",
                        "lines": [
                            "Réponses jusqu'au 26\u00a0novembre\u00a02026, dans 2 jours",
                            "Ville de Vallonne, Vallonne (25)",
                            "Même secteur\u00a0: nettoyage de locaux",
                        ],
                        "links": [],
                        "is_reminder": True,
                    },
                    {
                        "title": "Entretien des espaces verts\u00a0: un besoin pour La Brosse",
                        "link": "/besoins/exemple",
                        "lines": ["Réponses jusqu'au 15\u00a0décembre\u00a02026, dans 21 jours"],
                        "links": [],
                        "is_reminder": False,
                    },
                ],
                "more": 3,
                "page": "/besoins-pour-vous",
            },
            {
                "heading": "Votre guichet",
                "items": [
                    {
                        "title": "La semaine de votre territoire",
                        "link": "/guichet/semaine",
                        "lines": [],
                        "links": [
                            ["3 besoins publiés", "/guichet/semaine#publies"],
                            ["1 besoin encore sans réponse", "/guichet/semaine#sans-reponse"],
                        ],
                        "is_reminder": False,
                    }
                ],
                "more": 0,
                "page": "/guichet/",
            },
        ],
        "missing": {
            "words": "La Brosse n'a pas encore décrit ses prestations.",
            "link": "/structures/exemple/offres/nouvelle",
        },
    },
}
_LINKS_TO_A_PAGE = {
    "answers/consortium_invitation",
    "answers/consortium_message",
    "answers/enquiry_answered",
    "answers/enquiry_received",
    "answers/message",
    "answers/offer_invitation",
    "answers/outcome",
    "answers/outcome_corrected",
    "answers/outcome_due",
    "answers/reminder",
    "clauses/report_asked",
    "clauses/report_due",
    *_OF_KIND,
    "accounts/account_exists",
    "accounts/identity_linked",
    "accounts/no_account",
    "accounts/password_changed",
    "needs/amended",
    "needs/closed",
    "needs/reopened",
    "needs/withdrawn",
    "retention/account_expiring",
    "accounts/request_accepted",
    "accounts/request_refused",
    "accounts/request_to_decide",
    "moderation/offer_approved",
    "moderation/offer_refused",
    "moderation/offer_sent_back",
    "moderation/need_not_published",
    "moderation/need_published",
    "moderation/need_sent_back",
    "structures/claim_accepted",
    "structures/claim_refused",
    "structures/claim_to_decide",
    "structures/network_counts_you",
}
"""Kinds whose link is a page of the site: it does not expire."""


def example_of(kind: str) -> dict[str, Any]:
    left_out = {"expires"} if kind in _LINKS_TO_A_PAGE else set()
    said = _VALUES | _OF_KIND.get(kind, {})
    return {name: value for name, value in said.items() if name not in left_out}
