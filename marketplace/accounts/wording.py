"""How organisations are told to people."""

from marketplace.accounts.tables import OrganisationKind

ORGANISATION_KINDS = {
    OrganisationKind.COMMUNE: "Commune",
    OrganisationKind.EPCI: "Intercommunalité",
    OrganisationKind.DEPARTMENT: "Département",
    OrganisationKind.REGION: "Région",
    OrganisationKind.STATE: "Service de l'État",
    OrganisationKind.PUBLIC_BODY: "Établissement public",
    OrganisationKind.SOCIAL_LANDLORD: "Bailleur social",
    OrganisationKind.HOSPITAL: "Hôpital",
    OrganisationKind.ASSOCIATION: "Association",
    OrganisationKind.COMPANY: "Entreprise",
}
