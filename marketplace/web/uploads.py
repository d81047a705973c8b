"""The field by which a form takes files, and what is done with them."""

from collections.abc import Callable, Collection
from typing import Any, BinaryIO, cast

from flask_wtf.file import FileField, MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import Form, ValidationError

from marketplace.files.contents import (
    DOCUMENTS,
    ENDINGS,
    IMAGES,
    Format,
    Refused,
    clean_name,
    examined,
)


def endings_of(accepted: Collection[Format]) -> str:
    """What a browser proposes first: « .pdf,.docx »."""
    return ",".join(f".{end}" for one in Format if one in accepted for end in ENDINGS[one])


class DocumentsField(MultipleFileField):
    """Files of the accepted formats, each looked at; `data` holds those that are sound.

    A browser does not fill such a field again, so what is sound is to be taken in even when
    another file is refused: `take_in_all` does it.
    """

    data: list[FileStorage] | None

    def __init__(
        self, label: str, *args: Any, accepted: Collection[Format] = DOCUMENTS, **more: Any
    ) -> None:
        super().__init__(label, *args, **more)
        self.accepted = accepted

    @property
    def accept(self) -> str:
        return endings_of(self.accepted)

    def pre_validate(self, form: Form) -> None:
        sound, wrong = [], []
        for sent in self.data or ():
            name = sent.filename or ""
            try:
                examined(cast(BinaryIO, sent.stream), name, self.accepted)
            except Refused as error:
                wrong.append(refusal(name, error))
            else:
                sound.append(sent)
        self.data = sound
        if wrong:
            raise ValidationError(" ".join(wrong))


class ImageField(FileField):
    """One picture, looked at; `data` is empty when it is not sound."""

    data: FileStorage | None
    accept = endings_of(IMAGES)

    def pre_validate(self, form: Form) -> None:
        if not self.data:
            return
        try:
            examined(cast(BinaryIO, self.data.stream), self.data.filename or "", IMAGES)
        except Refused as error:
            self.data = None
            raise ValidationError(f"{error}.") from error


def refusal(name: str, error: Refused) -> str:
    """« plan.pdf » : ce fichier est vide."""
    reason = str(error)
    return f"« {clean_name(name)} » : {reason[0].lower()}{reason[1:]}."


def take_in_all(
    sent: Collection[FileStorage], take_in_one: Callable[[BinaryIO, str], object]
) -> list[str]:
    """Hand each file to what takes it in; the sentences of those that it refused."""
    refused = []
    for one in sent:
        name = one.filename or ""
        try:
            take_in_one(cast(BinaryIO, one.stream), name)
        except Refused as error:
            refused.append(refusal(name, error))
    return refused
