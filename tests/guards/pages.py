"""The forms of a page, filled as a careful person would."""

from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser

from marketplace import clock
from tests.factories import people

Attributes = dict[str, str | None]


@dataclass
class Control:
    name: str
    kind: str
    """The type of an input, else "textarea" or "select"."""

    value: str = ""
    is_chosen: bool = True
    """Unchecked boxes and options that are not selected are not sent."""


@dataclass
class Form:
    action: str
    controls: list[Control] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    """Answers that only this form takes, by the names of its fields."""

    def filled(self) -> dict[str, list[str]]:
        """What stands there, and a likely answer wherever nothing does.

        Of the choices and buttons of one name, the likeliest where none is chosen; nobody types
        into what is hidden, and a list of choices always says something.
        """
        said: dict[str, list[str]] = {}
        for control in self.controls:
            if control.kind in CHOSEN:
                if control.is_chosen:
                    said.setdefault(control.name, []).append(control.value)
            elif control.kind == "hidden":
                said[control.name] = [control.value]
            elif control.kind != "file":
                said[control.name] = [control.value or self._likely(control)]
        for control in self._choices():
            is_made = control.kind != "checkbox" or control.name in TICKED
            if is_made and control.value:
                said.setdefault(control.name, [control.value])
        for control in self.controls:
            if control.kind == "select":
                said.setdefault(control.name, [""])
        return said | {name: [answer] for name, answer in self.known.items() if name in said}

    def _likely(self, control: Control) -> str:
        name = control.name if control.name in BY_NAME else control.name.rstrip("0123456789")
        return BY_NAME[name] if name in BY_NAME else BY_KIND.get(control.kind, "Une réponse")

    def _choices(self) -> list[Control]:
        """In the order in which a person would take them."""
        made = [control for control in self.controls if control.kind in CHOSEN]
        made.sort(key=lambda control: control.value != LIKELIER.get(control.name))
        return made

    def offered(self) -> list[tuple[str, str]]:
        """What tells it from a form to the same address: its fields, and what they let choose."""
        return [(c.name, c.value if c.kind in CHOSEN else c.kind) for c in self.controls]


CHOSEN = ("radio", "checkbox", "select", "submit")

BY_NAME = {
    "amount_min": "500",
    "amount_max": "40000",
    "lead_time_days": "10",
    "hours_a_week": "35",
    "zone": "Jura",
    "team_insertion": "20",
    "team_permanent": "4",
    "turnover": "500000",
    "turnover_year": "2024",
    "year": "2024",
    "absent_until": (clock.today() + timedelta(days=30)).isoformat(),
    "posts": "4",
    "in_qpv": "2",
    "young-people": "3",
    "young-women": "1",
    "young-in_qpv": "1",
    "apply_until": (clock.today() + timedelta(days=20)).isoformat(),
    "city": "Besançon",
    "commune": "Besançon (25)",
    "place": "Besançon (25)",
    "email": "nouvelle.personne@tandem.invalid",
    "paused_until": f"{clock.today() + timedelta(days=15):%d/%m/%Y}",
    "zones": "Doubs",
    "territories": "Doubs",
    "postcode": "25000",
    "radius_km": "20",
    "wider_km": "60",
    "website": "https://exemple.invalid/",
    "siret": "21250056500016",
    "whole-price": "9 500",
    "whole-starts_on": "14/12/2027",
    "whole-holder_name": "",  # a structure is chosen: no other firm is named
    "whole-holder_siret": "",
    "whole-amount": "9 500",
    "deadline_on": (clock.today() + timedelta(days=30)).isoformat(),
    "starts_on": (clock.today() + timedelta(days=60)).isoformat(),
    "asking_until": (clock.today() + timedelta(days=10)).isoformat(),
    "duration_months": "12",
    "ends_on": (clock.today() + timedelta(days=400)).isoformat(),
    "territory": "Doubs",
    "planned": "1 250,5",
    "committed": "1 300",
    "support_hires": "2",
    "count": "12",
    "holder_siret": "21250056500016",
    **{f"lines-{n}-hours": "70,5" for n in range(4)},
    **{f"lines-{n}-people": "2" for n in range(4)},
    **{f"lines-{n}-new_people": "1" for n in range(4)},
    "percent_": "50",
    "amount": "12 000,50 €",
    "cpv": "90910000-9",
}
BY_KIND = {
    "email": "nouvelle.personne@tandem.invalid",
    "password": people.PASSWORD,
    "tel": "01 23 45 67 89",
    "url": "https://exemple.invalid/",
}


LIKELIER = {"move": "request_changes"}
"""Of a list of choices, another than the first."""

TICKED = {"sectors", "service_types", "prescribers"}
"""Boxes of which one at least is ticked."""

TYPED_BEFORE = {"lines-0-title": "text", "lines": "textarea"}
"""What a page of results hands on of what was typed before it: as free as where it was typed."""


class _Reader(HTMLParser):
    def __init__(self, path: str, method: str) -> None:
        super().__init__()
        self.path, self.method = path, method
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._textarea: Control | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: Attributes = dict(attrs)
        if tag == "form" and (given.get("method") or "get").lower() == self.method:
            self._form = Form(given.get("action") or self.path)
            self.forms.append(self._form)
        elif self._form is not None:
            self._control(self._form, tag, given)

    def _control(self, form: Form, tag: str, given: Attributes) -> None:
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "option" and self._select:
            chosen = "selected" in given
            form.controls.append(Control(self._select, "select", value, chosen))
        elif not name:
            return
        elif tag == "select":
            self._select = name
        elif tag == "textarea":
            self._textarea = Control(name, "textarea")
            form.controls.append(self._textarea)
        elif tag in ("input", "button"):
            kind = "submit" if tag == "button" else given.get("type") or "text"
            kind = TYPED_BEFORE.get(name, kind) if kind == "hidden" else kind
            chosen = kind not in CHOSEN or "checked" in given
            form.controls.append(Control(name, kind, value, chosen))

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._textarea is not None:
            self._textarea.value = self._textarea.value.strip()
            self._textarea = None


def forms_of(html: str, path: str, method: str = "post") -> list[Form]:
    """The forms of a page: those that change something, or those that only ask."""
    reader = _Reader(path, method)
    reader.feed(html)
    return reader.forms
