"""What parts of a workbook say, parsed without trust. Pure."""

from collections.abc import Callable
from xml.parsers import expat


class NotAWorkbook(Exception):
    """It cannot be read at all; why, in French."""


def new_parser() -> expat.XMLParserType:
    """Names come after their namespace and a space. No document type, so no entity at all."""

    def refuse(*_: object) -> None:
        raise NotAWorkbook("ce classeur contient ce qu'aucun tableur n'écrit")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.buffer_text = True
    return parser


def tell_starts(content: bytes, told: Callable[[str, dict[str, str]], None]) -> None:
    parser = new_parser()
    parser.StartElementHandler = lambda name, said: told(local_name(name), said)
    parser.Parse(content, True)


def local_name(name: str) -> str:
    return name.rpartition(" ")[2]


def whole_number(said: str) -> int:
    return int(said) if said.isdecimal() and len(said) < 10 else -1
