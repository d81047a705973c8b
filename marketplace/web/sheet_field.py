"""The field by which a form takes a spreadsheet that is read at once and never kept."""

from typing import Any, BinaryIO, cast

from flask_wtf.file import FileField, FileRequired
from werkzeug.datastructures import FileStorage

SHEETS = ".csv,.xlsx"
LARGEST = "10 Mo"


class SheetField(FileField):
    """`file` is what was sent, once the form is posted."""

    data: FileStorage | None

    def __init__(self, label: str = "Fichier CSV ou XLSX", **more: Any) -> None:
        super().__init__(label, [FileRequired("Choisissez un fichier CSV ou XLSX")], **more)

    @property
    def file(self) -> BinaryIO:
        assert self.data is not None, "an empty field is refused"  # noqa: S101
        return cast(BinaryIO, self.data.stream)
