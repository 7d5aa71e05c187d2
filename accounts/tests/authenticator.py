"""A passkey in software: what a browser and its authenticator do in a WebAuthn ceremony.

https://www.w3.org/TR/webauthn-3/; the server's side, which checks all of it, is fido2's own.
"""

import hashlib
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

Flag = AuthenticatorData.FLAG


class Passkey:
    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.user_handle = ""

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """`navigator.credentials.create(options)`, as JSON."""
        public = options["publicKey"]
        self.user_handle = public["user"]["id"]
        credential = AttestedCredentialData.create(
            Aaguid.NONE, self.id, ES256.from_cryptography_key(self.key.public_key())
        )
        data = self._data(public["rp"]["id"], Flag.UP | Flag.UV | Flag.AT, credential)
        attestation = AttestationObject.create("none", data, {})
        return self._answer(
            {
                "clientDataJSON": websafe_encode(self._client("webauthn.create", public)),
                "attestationObject": websafe_encode(bytes(attestation)),
            },
            {"credProps": {"rk": True}},
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """`navigator.credentials.get(options)`, as JSON."""
        public = options["publicKey"]
        data = self._data(public["rpId"], Flag.UP | Flag.UV)
        client = self._client("webauthn.get", public)
        signed = bytes(data) + hashlib.sha256(client).digest()
        return self._answer(
            {
                "clientDataJSON": websafe_encode(client),
                "authenticatorData": websafe_encode(bytes(data)),
                "signature": websafe_encode(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
                "userHandle": self.user_handle,
            },
            {},
        )

    def _data(
        self, domain: str, flags: Any, credential: AttestedCredentialData | None = None
    ) -> AuthenticatorData:
        domain_hash = hashlib.sha256(domain.encode()).digest()
        return AuthenticatorData.create(domain_hash, flags, 0, credential or b"")

    def _client(self, kind: str, public: dict[str, Any]) -> bytes:
        challenge = websafe_decode(public["challenge"])
        return bytes(CollectedClientData.create(kind, challenge, self.origin))

    def _answer(self, response: dict[str, Any], extensions: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": extensions,
        }
