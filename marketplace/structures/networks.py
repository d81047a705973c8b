"""The networks that inclusive structures belong to, as reference data. Pure."""

NETWORKS = {
    "chantier_ecole": "Chantier école",
    "cnlrq": "Régies de quartier et de territoire",
    "cocagne": "Réseau Cocagne",
    "coorace": "Coorace",
    "emmaus": "Emmaüs France",
    "envie": "Envie",
    "fas": "Fédération des acteurs de la solidarité",
    "fei": "Fédération des entreprises d'insertion",
    "ffgeiq": "Fédération française des Geiq",
    "gesat": "Réseau Gesat",
    "hosmoz": "Hosmoz",
    "ressourceries": "Réseau national des ressourceries et recycleries",
    "tissons_solidarite": "Tissons la solidarité",
    "unai": "Unai (associations intermédiaires)",
    "unapei": "Unapei",
    "unea": "Unea (entreprises adaptées)",
}
"""By code, in the order of their names. A code, once written in a row, stays."""
