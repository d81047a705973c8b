"""What the NAF codes of suppliers say in words. Pure."""

from functools import cache
from importlib.resources import files


def label(code: str) -> str:
    """« Services d'aménagement paysager » for 8130Z; nothing for a code that names no trade.

    Most inclusive structures are filed under social work, associations or public bodies,
    whatever they sell: those labels would only mislead. Source: INSEE, NAF rév. 2 (2008).
    """
    return _labels().get(code, "")


@cache
def _labels() -> dict[str, str]:
    table = files("marketplace.structures") / "data" / "naf.tsv"
    lines = table.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)
