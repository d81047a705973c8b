"""What is asked to take a register in: the file, its columns, the go-ahead."""

from collections.abc import Sequence

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SelectField
from wtforms.fields import SelectChoice

from marketplace.forms import FrenchForm, add_error, choices_of
from marketplace.structures.columns import INDISPENSABLE, LABELS
from marketplace.structures.import_tables import StructureImport
from marketplace.structures.kinds import LABELS as KINDS
from marketplace.structures.kinds import Kind

LONGEST_EXAMPLE = 40
NOWHERE = "Ce registre ne le dit pas"


class RegisterForm(FrenchForm):
    file = FileField("Registre de structures", [FileRequired("Choisissez un fichier")])


class StartForm(FrenchForm):
    without_lookalikes = BooleanField("Laisser de côté les structures qui ressemblent à une autre")


class ColumnsForm(FrenchForm):
    """A choice for each of our columns, made below; and the kind, when no column tells it."""

    kind = SelectField(
        "Type de toutes les structures", choices=choices_of({"": "La colonne le dit", **KINDS})
    )

    def __init__(self, handed_in: StructureImport, example: Sequence[str]) -> None:
        super().__init__()
        places = {"": NOWHERE}
        for place, name in enumerate(handed_in.header):
            shown = " ".join((example[place] if place < len(example) else "").split())
            told = f"{name or f'Colonne {place + 1}'}"
            places[str(place)] = f"{told} ({shown[:LONGEST_EXAMPLE]})" if shown else told
        for field, control in self.controls():
            control.choices = [SelectChoice(value, label) for value, label in places.items()]
            if not self.is_submitted():
                control.data = str(handed_in.mapping.get(field, ""))
        if not self.is_submitted():
            self.kind.data = handed_in.kind or ""

    def controls(self) -> list[tuple[str, SelectField]]:
        return [(field, self[f"in_{field}"]) for field in LABELS]

    def validate(self, extra_validators: object = None) -> bool:
        if not super().validate():
            return False
        told = self.mapping()
        for field in INDISPENSABLE:
            if field not in told:
                add_error(self[f"in_{field}"], "Choisissez la colonne qui le dit")
        if "kind" not in told and not self.kind.data:
            add_error(self.kind, "Choisissez le type des structures, ou la colonne qui le dit")
        return not self.errors

    def mapping(self) -> dict[str, int]:
        return {field: int(control.data) for field, control in self.controls() if control.data}

    @property
    def kind_chosen(self) -> Kind | None:
        return Kind(self.kind.data) if self.kind.data else None


for _field, _label in LABELS.items():
    setattr(ColumnsForm, f"in_{_field}", SelectField(_label))
