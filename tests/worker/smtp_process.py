"""A mail server of its own process for one test: TLS, a login, each mail kept as a file. Its manners go by recipient.

Arguments: port, certificate, folder, ``tls``, ``starttls`` or ``plain``.
"""

import asyncio
import ssl
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

LOGIN, PASSWORD = b"franchise", b"p4ssw0rd-of-mail"


class Keep:
    """Keeps what comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 No such mailbox here"
        if address.startswith("greylisted@"):
            return "451 4.7.1 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        [recipient] = envelope.rcpt_tos
        number = len(list(self.folder.iterdir()))
        (self.folder / f"{number:03}-{recipient}").write_bytes(envelope.original_content)
        if recipient.startswith("cut@"):
            server.transport.abort()
            return "250 never read"
        if recipient.startswith("hang@"):
            await asyncio.sleep(60)
        if recipient.startswith("spam@"):
            return "554 5.7.1 Looks like spam"
        if recipient.startswith("full@"):
            return "452 4.3.1 Insufficient storage"
        return "250 2.0.0 queued as 4711"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (LOGIN, PASSWORD)
    return AuthResult(success=good, handled=False)


async def main(port: int, certificate: str, folder: Path, manner: str) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    options = {"authenticator": authenticate, "auth_required": True, "enable_SMTPUTF8": True, "loop": loop}
    if manner == "starttls":
        options |= {"tls_context": tls, "require_starttls": True}
    else:
        options |= {"auth_require_tls": False}  # encrypted from the first byte, below what aiosmtpd sees; or not at all

    def make() -> SMTP:
        return SMTP(Keep(folder), **options)

    server = await loop.create_server(make, "127.0.0.1", port, ssl=tls if manner == "tls" else None)
    async with server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]))
