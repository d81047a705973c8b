"""gunicorn's threads, which tell people in French of what they refuse before the application."""

import socket
from typing import Any

from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

UNREADABLE = (
    "400 Bad Request",
    "Demande illisible",
    "Votre navigateur a envoyé une demande que nous ne comprenons pas.",
)
TOLD = {
    LimitRequestLine: (
        "414 URI Too Long",
        "Adresse trop longue",
        "Revenez en arrière et cochez moins de filtres, ou écrivez moins de mots.",
    ),
    LimitRequestHeaders: (
        "431 Request Header Fields Too Large",
        "Demande trop longue",
        "Effacez les cookies de ce site dans votre navigateur, puis recommencez.",
    ),
}
PAGE = """<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Tandem</title>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{advice}</p>
<p><a href="/">Revenir à l'accueil</a></p>
</main>
</body>
</html>
"""


class Worker(ThreadWorker):
    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("Refused a request from %s: %s", (addr or [""])[0], exc)
        try:
            write_nonblock(client, answer_to(exc))
        except OSError:
            self.log.debug("Whoever asked is gone.")


def answer_to(refused: ParseException) -> bytes:
    """The whole answer, for a request that the application never sees."""
    status, title, advice = TOLD.get(type(refused), UNREADABLE)
    page = PAGE.format(title=title, advice=advice).encode()
    head = (
        f"HTTP/1.1 {status}",
        "Connection: close",
        "Content-Type: text/html; charset=utf-8",
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options: nosniff",
        f"Content-Length: {len(page)}",
    )
    return "\r\n".join([*head, "", ""]).encode() + page
