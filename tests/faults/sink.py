"""An SMTP server in a process of its own: it takes a while over each mail, and writes its name.

Run as a module: the port to listen on, then the file that gets a line « Message-ID, recipient »
for each mail, before it is acknowledged: a sender that dies meanwhile has delivered it.
"""

import asyncio
import sys
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

SLOWNESS_S = 0.02


class Sink:
    def __init__(self, told: Path) -> None:
        self.told = told

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        await asyncio.sleep(SLOWNESS_S)
        message_id = message_from_bytes(envelope.content)["Message-ID"]
        with self.told.open("a") as file:
            file.write(f"{message_id} {envelope.rcpt_tos[0]}\n")
        await asyncio.sleep(SLOWNESS_S)
        return "250 OK"


async def serve(port: int, told: Path) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink(told)), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
