"""The labels and certifications that a structure can hold, as reference data. Pure."""

LABELS = {
    "rge": "RGE (reconnu garant de l'environnement)",
    "esus": "ESUS (entreprise solidaire d'utilité sociale)",
    "rsei": "RSEi (responsabilité sociétale des entreprises inclusives)",
    "rfar": "RFAR (relations fournisseurs et achats responsables)",
    "b_corp": "B Corp",
    "qualirei": "Qualirei",
    "iso_9001": "ISO 9001 (qualité)",
    "iso_14001": "ISO 14001 (environnement)",
    "qualiopi": "Qualiopi (formation)",
    "qualibat": "Qualibat (bâtiment)",
    "agriculture_bio": "Agriculture biologique",
    "imprim_vert": "Imprim'Vert",
    "lucie_26000": "Lucie 26000",
}
"""By code, in the order in which they are proposed. A code, once written in a row, stays."""
