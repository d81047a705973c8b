"""A deadline as an iCalendar file (RFC 5545). Pure."""

from datetime import date, datetime, timedelta

LONGEST_LINE = 75
"""Octets, without the line break (RFC 5545, 3.1)."""

_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def event(
    *,
    uid: str,
    day: date,
    stamped_at: datetime,
    version: int,
    title: str,
    description: str,
    url: str,
) -> str:
    """One all-day event on the day of a deadline.

    The same `uid` with a higher `version` moves the event in the calendars that hold it.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Tandem//Besoins//FR",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{stamped_at:%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SEQUENCE:{version}",
        f"SUMMARY:{escaped(title)}",
        f"DESCRIPTION:{escaped(description)}",
        f"URL:{url}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{folded(line)}\r\n" for line in lines)


def escaped(words: str) -> str:
    """A TEXT value, without the control characters that the format forbids."""
    visible = "".join(c for c in words if c in "\n\t" or c.isprintable())
    return visible.translate(_ESCAPED)


def folded(line: str) -> str:
    """A content line in pieces of 75 octets at most, none of which cuts a character."""
    pieces: list[str] = []
    piece, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LONGEST_LINE:
            pieces.append(piece)
            piece, size = " ", 1
        piece += character
        size += octets
    return "\r\n".join([*pieces, piece])
