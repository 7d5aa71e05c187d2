"""A mail server and the providers of accounts, played on this machine over real connections."""

import base64
import hashlib
import html
import json
import re
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.stack import wait_for


@dataclass
class Certificate:
    """Signed by itself: whoever is to believe it is given `path` as what to trust."""

    path: Path
    server: ssl.SSLContext

    @classmethod
    def of(cls, names: Sequence[str], folder: Path) -> "Certificate":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
            .sign(key, hashes.SHA256())
        )
        path, secret = folder / "certificate.pem", folder / "key.pem"
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(path, secret)
        return cls(path, server)


# --- Mail --------------------------------------------------------------------------------------


class MailServer(ThreadingTCPServer):
    """Takes mails of whoever encrypts and knows the password (RFC 5321, 3207 and 4954)."""

    daemon_threads = True

    def __init__(self, certificate: Certificate, user: str, password: str) -> None:
        super().__init__(("127.0.0.1", 0), MailConversation)
        self.certificate = certificate
        self.login = f"\0{user}\0{password}"
        self.mails: list[EmailMessage] = []

    def link(self, to: str, page: str) -> str:
        """The path of a page's link in the newest mail to somebody."""

        def find() -> str | None:
            for mail in reversed(self.mails):
                found = re.search(rf"http\S+(/{page}/\S+)", mail.get_content())
                if mail["To"] == to and found:
                    return found[1]
            return None

        link = wait_for(find, f"a mail to {to} arrives", 60)
        assert link is not None
        return link


class MailConversation(StreamRequestHandler):
    server: MailServer

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def handle(self) -> None:
        is_encrypted = is_known = False
        self.say("220 mail.test")
        while line := self.rfile.readline().decode().strip():
            command, _, rest = line.partition(" ")
            match command.upper():
                case "EHLO" | "HELO":
                    offers = "AUTH PLAIN" if is_encrypted else "STARTTLS"
                    self.say("250-mail.test", f"250 {offers}")
                case "STARTTLS":
                    self.say("220 go on")
                    self.request = self.server.certificate.server.wrap_socket(
                        self.request, server_side=True
                    )
                    self.rfile = self.request.makefile("rb")
                    self.wfile = self.request.makefile("wb", 0)
                    is_encrypted = True
                case "AUTH" if is_encrypted:
                    given = base64.b64decode(rest.rpartition(" ")[2]).decode()
                    is_known = given == self.server.login
                    self.say("235 welcome" if is_known else "535 no")
                case "MAIL" | "RCPT" if is_known:
                    self.say("250 yes")
                case "DATA" if is_known:
                    self.say("354 go on")
                    content = iter(self.rfile.readline, b".\r\n")
                    self.server.mails.append(
                        message_from_bytes(b"".join(content), policy=policy.default)  # type: ignore[arg-type]
                    )
                    self.say("250 taken")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("530 not like this")


# --- Providers ---------------------------------------------------------------------------------

HOSTS = ("github.com", "api.github.com", "accounts.google.com", "oauth2.googleapis.com")
CLIENT, SECRET = "our-id", "our-secret"


@dataclass
class Grant:
    """What somebody who was at the provider's page allowed us."""

    redirect_uri: str
    challenge: str
    code: str = field(default_factory=lambda: f"code-{time.time_ns()}")
    token: str = field(default_factory=lambda: f"token-{time.time_ns()}")


class Providers(ThreadingHTTPServer):
    """Google and GitHub behind a proxy, so that they are asked at their own addresses.

    They hold to OAuth 2 (RFC 6749) with proof of the asker (RFC 7636): a code is worth something
    once, to whoever has our secret and began the sign-in.
    """

    daemon_threads = True

    def __init__(self, certificate: Certificate) -> None:
        super().__init__(("127.0.0.1", 0), ProviderConversation)
        self.certificate = certificate
        self.grants: list[Grant] = []

    def handle_error(self, *_: object) -> None:
        """Chromium's own services do not believe our certificate, and hang up."""

    def granted(self, form: dict[str, str]) -> Grant | None:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        asked = (form.get("client_id"), form.get("client_secret"), form.get("redirect_uri"))
        for grant in self.grants:
            if (grant.code, grant.challenge) == (form.get("code"), challenge):
                grant.code = ""
                return grant if asked == (CLIENT, SECRET, grant.redirect_uri) else None
        return None


class ProviderConversation(BaseHTTPRequestHandler):
    server: Providers
    protocol_version = "HTTP/1.1"
    host = ""

    def log_message(self, *_: object) -> None:
        pass

    def do_CONNECT(self) -> None:
        host = self.path.partition(":")[0]
        if host not in HOSTS:
            self.send_error(502)
            return
        self.send_response(200)
        self.end_headers()
        self.host = host
        self.connection = self.server.certificate.server.wrap_socket(
            self.connection, server_side=True
        )
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        token = (self.headers["Authorization"] or "").rpartition(" ")[2]
        is_known = any(grant.token == token for grant in self.server.grants)
        match self.host, address.path:
            case "github.com", "/login/oauth/authorize":
                self.ask(query)
            case "accounts.google.com", "/o/oauth2/v2/auth":
                self.ask(query)
            case "api.github.com", "/user" if is_known:
                self.answer({"id": 42, "login": "ada", "name": "Ada of GitHub", "email": None})
            case "api.github.com", "/user/emails" if is_known:
                self.answer([{"email": "ada@github.test", "primary": True, "verified": True}])
            case _:
                self.send_error(404)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(parse_qsl(content))
        path = self.host + urlsplit(self.path).path
        if path not in {"github.com/login/oauth/access_token", "oauth2.googleapis.com/token"}:
            self.send_error(404)
            return
        grant = self.server.granted(form)
        if grant is None:
            self.answer({"error": "invalid_grant"}, 400)
            return
        tokens = {"access_token": grant.token, "token_type": "bearer"}
        if self.host == "oauth2.googleapis.com":
            tokens["id_token"] = self.identity()
        self.answer(tokens)

    def ask(self, query: dict[str, str]) -> None:
        """The page on which somebody allows us to know who they are."""
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        grant = Grant(query["redirect_uri"], query["code_challenge"])
        self.server.grants.append(grant)
        back = f"{grant.redirect_uri}?{urlencode({'code': grant.code, 'state': query['state']})}"
        page = f'<title>{self.host}</title><a href="{html.escape(back)}">Allow</a>'
        self.answer(page)

    def identity(self) -> str:
        """OpenID Connect's; not signed, for it comes over the provider's own connection."""
        claims = {
            "iss": "https://accounts.google.com",
            "aud": CLIENT,
            "exp": time.time() + 60,
            "sub": "108",
            "email": "ada@google.test",
            "email_verified": True,
            "name": "Ada of Google",
            "given_name": "Ada",
            "family_name": "of Google",
        }
        parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "kid": "1"}, claims)]
        encoded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
        return ".".join([*encoded, "c2ln"])

    def answer(self, what: Any, status: int = 200) -> None:
        is_page = isinstance(what, str)
        content = (what if is_page else json.dumps(what)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if is_page else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(server: ThreadingTCPServer) -> Iterator[int]:
    """The port of a server that runs meanwhile."""
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
