"""Assemble a JWE in JSON from all its inputs.

Source: RFC 7516 section 5.1, steps 14 to 19, and section 7.2.
"""

from joseal._core.algorithms import content_encryption
from joseal._core.algorithms.registry import EncSpec
from joseal._core.assembly import TokenStart
from joseal._core.secrecy import Hidden
from joseal._core.wire import base64url
from joseal._core.wire.forms import Form
from joseal._core.wire.json_form import encrypted
from joseal._core.wire.json_form.encrypted import JsonJwe, Recipient


class JsonStart(Hidden, frozen=True):
    """The parts of a JSON message before its ciphertext, and the CEK. Used for a single message."""

    form: Form
    protected: bytes
    cek: bytes
    iv: bytes
    recipients: tuple[Recipient, ...]


def assemble_json(enc: EncSpec, start: JsonStart, plaintext: bytes, aad: bytes | None) -> str:
    """Make the message from all its inputs. RFC 7516 section 5.1 steps 14 to 19."""
    encode = base64url.encode
    data = b"" if aad is None else encode(aad)
    sent = encrypted.authenticated(start.protected, data)
    ciphertext, tag = content_encryption.seal(enc, start.cek, start.iv, sent, plaintext)
    message = JsonJwe(
        form=start.form,
        protected=start.protected,
        recipients=start.recipients,
        aad=data,
        iv=encode(start.iv),
        ciphertext=encode(ciphertext),
        tag=encode(tag),
    )
    return encrypted.write(message)


def assemble_for_one(
    enc: EncSpec, form: Form, start: TokenStart, plaintext: bytes, aad: bytes | None
) -> str:
    """Make the message for one recipient, whose Header Parameters are all protected."""
    recipient = Recipient({}, base64url.encode(start.encrypted_key))
    own = JsonStart(form, start.protected, start.cek, start.iv, (recipient,))
    return assemble_json(enc, own, plaintext, aad)
