"""What a buyer might write, and the sector that must come first. Ours."""

_OF_SECTOR = {
    "nettoyage-de-locaux": [
        "Nettoyage des bureaux et de la vitrerie de la mairie",
        "Entretien ménager du gymnase",
        "Nettoyage des vitres des bâtiments communaux",
    ],
    "nettoyage-urbain": [
        "Balayage mécanisé des rues du centre",
        "Effacement des tags et graffitis",
    ],
    "autre-proprete": ["Dératisation des caves", "Capture et enlèvement de pigeons"],
    "nettoyage-specifique-chantiers-parkings-hopitaux-hotellerie": [
        "Remise en propreté de fin de chantier",
    ],
    "nettoyage-de-vehicules": [
        "Lavage des véhicules de service",
        "Conduite et entretien d'une station de lavage",
    ],
    "produits-d-entretien-et-desinfectants": ["Fourniture de savon et de papier toilette"],
    "creation-et-entretien-des-espaces-verts": [
        "Tonte des pelouses et taille des haies",
        "Élagage de vingt platanes",
        "Entretien des espaces verts des résidences",
        "Fauchage et débroussaillage des bords de routes départementales",
    ],
    "entretien-restauration-amenagement-des-espaces-naturels": [
        "Arrachage de la renouée sur les berges de la rivière",
        "Lutte contre l'ambroisie",
    ],
    "travaux-forestiers-bucheronnage": ["Coupe de bois et débardage"],
    "collecte-et-traitement-des-bio-dechets": [
        "Ramassage et compostage des biodéchets de la cantine",
    ],
    "collecte-d-encombrants": ["Enlèvement des encombrants"],
    "collecte-des-dechets-papiers-et-fournitures-d-entreprises": [
        "Collecte du papier et du carton",
        "Collecte des cartons des commerçants",
    ],
    "collecte-des-dechets-dechets-d-equipements-electriques-et-electroniques-deee": [
        "Reprise de vieux ordinateurs, collecte de D3E",
    ],
    "collecte-des-dechets-de-chantiers": ["Évacuation de gravats"],
    "peinture-revetement-des-murs": [
        "Réfection des peintures intérieures",
        "Ravalement de façade",
    ],
    "carrelage-revetement-des-sols": [
        "Construction d'une crèche - lot 7 : carrelage et faïence",
        "Pose de sols souples dans les classes",
        "Carrelage",
    ],
    "menuiserie": [
        "Réhabilitation d'un restaurant, lot n° 4 : menuiseries intérieures",
        "Réparation des volets roulants de la crèche",
        "Remplacement des fenêtres de la mairie",
    ],
    "plomberie": [
        "Lot 12 - Plomberie sanitaire - Construction d'une école",
        "Remplacement d'une chaudière",
        "Entretien des chaufferies et VMC des bâtiments communaux",
    ],
    "ouvrages-metalliques": ["Pose de clôtures et de portails"],
    "electricite": ["Mise aux normes électriques", "Éclairage de Noël : location, pose et dépose"],
    "deconstruction-curage-demolition": [
        "Démolition d'un hangar",
        "Désamiantage de l'ancien collège",
    ],
    "travaux-de-chantiers": [
        "Construction d'un restaurant scolaire",
        "Réfection de la voirie communale et des trottoirs",
    ],
    "materiaux-de-construction": [
        "Fourniture de gravillons",
        "Fourniture d'enrobé à froid",
        "Fourniture de matériel de plomberie",
        "Sel de déneigement",
    ],
    "amenagement-interieur": ["Pose de faux plafonds et de cloisons"],
    "restauration-collective": [
        "Livraison de repas en liaison froide pour les écoles",
        "Fourniture de repas pour l'EHPAD",
    ],
    "traiteur": ["Cocktail pour cinquante personnes", "Buffet pour la cérémonie des vœux"],
    "paniers-plateaux-repas": ["Plateaux-repas pour les réunions"],
    "boulangerie-patisserie-confiseries": ["Fourniture de pain et de viennoiseries"],
    "fromagerie": ["Fourniture de fromages"],
    "apiculture": ["Achat de miel et pose de ruches"],
    "blanchisserie": ["Blanchissage du linge de la maison de retraite"],
    "couture-reprisage-retouches": ["Retouches d'uniformes"],
    "textiles": [
        "Fourniture de vêtements de travail",
        "Achat d'équipements de protection individuelle",
        "Acquisition de tenues pour la police municipale",
    ],
    "impressions": [
        "Impression du bulletin municipal",
        "Reprographie de plans",
        "Impression et pose d'affiches",
    ],
    "communication-agence-de-com": ["Création d'une identité visuelle"],
    "objet-promotionnel-goodies": [
        "Objets publicitaires au logo de la ville",
        "Médailles et trophées sportifs",
    ],
    "signaletique": ["Panneaux de signalétique pour les bâtiments"],
    "production-audiovisuelle": [
        "Film de présentation de la commune",
        "Création d'un film promotionnel",
        "Captation et retransmission des séances du conseil municipal",
    ],
    "activite-culturelle-theatrale-et-spectacle": [
        "Cession du spectacle de marionnettes",
        "Conception et réalisation d'une exposition temporaire",
        "Concert de la fête nationale",
    ],
    "animation-et-sorties": [
        "Classe de neige pour les écoliers",
        "Animation des temps périscolaires",
        "Séjour au ski pour les adolescents",
    ],
    "restauration-de-livres": [
        "Restauration de registres anciens et reliure",
        "Reliure des registres de délibérations",
    ],
    "ventes-de-livres-et-ouvrages": [
        "Achat de livres pour la médiathèque",
        "Abonnements aux revues et journaux",
    ],
    "demenagement": [
        "Déménagement des services techniques",
        "Déménagement des archives départementales",
    ],
    "transports-de-personnes": [
        "Transport scolaire par autocar",
        "Transport des enfants vers la piscine",
        "Transport à la demande pour personnes à mobilité réduite",
    ],
    "coursiers-livraison-de-plis-colis": ["Distribution du courrier"],
    "location-de-vehicules-velos": ["Location de vélos"],
    "reparation-de-velos": ["Réparation de vélos"],
    "garage-mecanique-automobile": ["Entretien et réparation des véhicules du parc automobile"],
    "entretien-machines-materiels": ["Maintenance des photocopieurs"],
    "creation-de-sites-internets-webmastering": ["Refonte du site internet"],
    "support-administration": ["Maintenance du progiciel de paie"],
    "gestion-du-parc-informatique-maintenance-installation": [
        "Acquisition d'ordinateurs portables",
        "Renouvellement du parc de vidéoprojecteurs interactifs",
    ],
    "numerisation-ged": [
        "Numérisation des actes d'état civil",
        "Numérisation des permis de construire",
    ],
    "traductions": ["Interprétariat en langue des signes", "Interprètes pour le service social"],
    "ressources-humaines": [
        "Mise à disposition de personnel intérimaire",
        "Prestations d'intérim pour les services techniques",
    ],
    "conseils-formation": [
        "Formation aux premiers secours",
        "Formation habilitation électrique des agents",
    ],
    "accueil-hotline": [
        "Standard téléphonique et hôtesses d'accueil",
        "Accueil téléphonique de l'hôpital",
        "Hôtesses pour le salon de l'étudiant",
    ],
    "papeterie-et-fournitures-administratives": [
        "Ramettes de papier et fournitures de bureau",
        "Fournitures scolaires pour les écoles maternelles",
    ],
    "equipements-et-mobiliers": [
        "Bureaux, chaises et armoires",
        "Achat de mobilier pour le collège Jean Moulin",
        "Fourniture de fauteuils de bureau ergonomiques",
    ],
    "mailing-archivage-secretariat": [
        "Mise sous pli et affranchissement",
        "Rédaction des procès-verbaux du conseil",
    ],
    "poste-de-garde-accueil": [
        "Gardiennage d'un site",
        "Surveillance et gardiennage du stade lors des matchs",
    ],
    "autre-securite": [
        "Vérification des extincteurs et télésurveillance",
        "Vérification et entretien des poteaux incendie",
    ],
    "mediation-urbaine-sociale": ["Médiateurs de nuit dans le quartier"],
    "surveillance-scolaire": ["Surveillance de la pause méridienne"],
    "soins-et-accompagnement": ["Accompagnement social des bénéficiaires du RSA"],
    "logistique-conditionnement": [
        "Conditionnement et mise sous film",
        "Mise en sachet et étiquetage",
    ],
    "metallurgie": ["Usinage de pièces métalliques"],
    "autre-collecte-des-dechets": ["Exploitation du haut de quai des déchetteries"],
    "organisation-d-evenements": [
        "Organisation du marché de Noël 2023",
        "Feu d'artifice du 14 juillet",
    ],
    "location-de-materiels-evenementiel": [
        "Location de chapiteaux et de tentes pour la fête du sport",
    ],
    "conception-de-logiciels": [
        "Acquisition d'une solution de gestion des ressources humaines (SIRH)",
    ],
    "confection-a-facon": ["Confection de rideaux"],
    "autre-restauration": ["Distribution automatique de boissons chaudes"],
    "location-vente-de-materiels-de-restauration": [
        "Fourniture de lave-vaisselle et de fours pour les cantines",
    ],
    "diagnostics-solutions-energetiques": ["Audit énergétique de dix bâtiments"],
    "location-vente-de-materiels-industriels-chantiers": [
        "Location d'une mini-pelle",
        "Achat d'une tondeuse autoportée",
    ],
    "travail-du-bois": ["Fabrication de palettes en bois"],
    "achat-de-produits-reconditionnes-informatique-electronique": [
        "Achat de smartphones reconditionnés",
    ],
    "hotellerie": ["Hébergement hôtelier des intervenants"],
    "activites-a-caractere-touristique": ["Visites guidées du patrimoine"],
    "horticulture": ["Fleurissement estival : fourniture de plantes"],
    "collecte-des-dechets-vegetaux": ["Broyage et compostage des déchets verts"],
    "collecte-et-traitement-des-dechets-dangereux": ["Enlèvement des DASRI"],
    "collecte-du-verre": ["Collecte du verre en apport volontaire"],
    "autre-industrie": ["Montage et câblage de cartes électroniques"],
    "autre-medico-social": ["Réservation de berceaux en crèche"],
    "gestion-de-projets-d-affaires": [
        "Assistance à maîtrise d'ouvrage pour la passation d'un marché de restauration",
    ],
    "services-d-artisanat": ["Accordage des pianos du conservatoire"],
    "entretien-et-maintenance-de-l-espace-urbain": ["Déneigement des voies communales"],
}

SENTENCES = {text: sector for sector, texts in _OF_SECTOR.items() for text in texts}

OUT_OF_SCOPE = [
    "Assurance dommages aux biens de la commune",
    "Mission de maîtrise d'œuvre pour la construction d'un gymnase",
    "Fourniture de gaz naturel",
    "Conseil juridique et représentation en justice",
    "Téléphonie mobile des services",
    "Achat de vaccins",
    "Acquisition de véhicules neufs",
    "Étude géotechnique avant travaux",
    "Carburants et cartes accréditives",
    "Commissariat aux comptes",
]
