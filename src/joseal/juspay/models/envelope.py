"""The envelope in which an encrypted body travels: `{payload, kid, sid, format}`.

Rules:
- The plaintext is the body's JSON text itself, not a JSON string that contains it, unless the
  caller asks for that (`stringified=True`): of the two readings of "stringified" the samples show
  the first.
- `kid` and `sid` are labels of the account, outside the token: they choose no key here.

Source: the encryption guide and the encrypted attempt page of the payouts API. Where the two
differ in `enc`, the page's sample is the default and the guide's choice is selectable.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from joseal._core.algorithms.registry import has_own_enc
from joseal._core.jwe import Encrypter
from joseal._core.keys import Key
from joseal._core.secrecy import hide_locals
from joseal.juspay.models.base import Body
from joseal.juspay.models.checks import Label
from joseal.juspay.models.fields import Word
from joseal.profiles import BodyEncrypter

SAMPLE_ENC: Final = "A256CBC-HS512"
GUIDE_ENC: Final = "A128CBC-HS256"

_FORMAT: Final = "compact"


class Envelope(Body, frozen=True, kw_only=True):
    """An encrypted body with the labels by which its receiver finds the keys.

    Attributes:
        payload: the compact token. Only a `Decrypter` checks that it is one.
        kid: the label of the key that the payload is encrypted to.
        sid: the label of the key that would verify the sender's signature; left out if None.
        format: always `compact`.

    Raises:
        TypeError: a member is not a string.
        ValueError: a member is not as above. The message names the member, not its value.

    Example:
        >>> from joseal.juspay import Envelope
        >>> Envelope(payload="a.b.c.d.e", kid="k-1", format="compact").format
        'compact'
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset({"kid", "sid", "format"})

    payload: Word
    kid: Label
    sid: Label | None = None
    format: Literal["compact"]


@hide_locals
def payout_encrypter(
    bank: Key, *, enc: Literal["A256CBC-HS512", "A128CBC-HS256"] | None = None
) -> Encrypter:
    """Prepare an encrypter whose tokens have the header on the API's page.

    That is `alg`, `typ` (JWT) and `enc`, without a `kid`. `alg` is the key's own: the page's sample
    has RSA-OAEP, one step of the guide RSA-OAEP-256; ask which one the account is set up for. A key
    for HPKE-9 makes the tokens of the profile `PAYOUTS_POST_QUANTUM`, which the sandbox opens and
    the API does not document.

    Args:
        bank: the API's public key.
        enc: `A256CBC-HS512` as in the page's sample, or `A128CBC-HS256` as in the guide; None for
            the first of them, and for a key whose alg includes the content encryption.

    Returns:
        An encrypter for all requests with this key.

    Raises:
        TypeError: `bank` is not a Key.
        ValueError: `enc` is neither of the two, or the key's alg includes its own.
        InvalidKeyError: `bank` is a private key, or can't serve this `enc`.

    Example:
        >>> import joseal
        >>> from pathlib import Path
        >>> from joseal.juspay import payout_encrypter
        >>> bank = joseal.Key.from_certificate(Path("bank.pem").read_bytes(), alg="RSA-OAEP")
        >>> payout_encrypter(bank).encrypt(b"{}").count(".")
        4
    """
    if enc not in (SAMPLE_ENC, GUIDE_ENC, None):
        raise ValueError("enc must be one that the payouts API documents")
    if not isinstance(bank, Key):
        raise TypeError("bank must be a Key")
    if enc is None and not has_own_enc(bank.alg):
        enc = SAMPLE_ENC
    return Encrypter(bank, enc=enc, header={"typ": "JWT"}, write_kid=False)


@hide_locals
def encrypt_body(
    encrypter: Encrypter | BodyEncrypter,
    body: Body,
    *,
    kid: str,
    sid: str | None = None,
    stringified: bool = False,
) -> Envelope:
    """Encrypt a body into an envelope.

    Each call makes a different token, even for an equal body.

    Args:
        encrypter: prepared by `payout_encrypter`, or by hand for an account that differs; or a
            profile's encrypter, which can sign too.
        body: such as an `Attempt`.
        kid: the label of the key that `encrypter` encrypts to.
        sid: the label of the caller's own public key.
        stringified: encrypt a JSON string that contains the body's JSON text, as for
            `Body.to_json`.

    Returns:
        The envelope, which `Client.attempt` sends.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `kid` or `sid` is not printable ASCII, or not the label of a profile's
            encrypter.
        TokenTooLargeError: the body is over the encrypter's limits.
        KeyUnavailableError: a signing key on a device is unavailable.

    Example:
        >>> import joseal
        >>> from pathlib import Path
        >>> from joseal.juspay import Attempt, CardInfo, encrypt_body, payout_encrypter
        >>> pem = Path("bank.pem").read_bytes()
        >>> bank = joseal.Key.from_certificate(pem, alg="RSA-OAEP", kid="k-1")
        >>> attempt = Attempt(fulfillment_id="f-1", card_info=CardInfo(card_token="a-token"))
        >>> encrypt_body(payout_encrypter(bank), attempt, kid="k-1").kid
        'k-1'
    """
    if not isinstance(body, Body):
        raise TypeError("body must be a body of this API, such as an Attempt")
    payload = body.to_json(stringified=stringified)
    if isinstance(encrypter, Encrypter):
        token = encrypter.encrypt(payload)
    else:
        _check_labels(encrypter.labels, {"kid": kid, "sid": sid})
        token = encrypter.encrypt_token(payload)
    return Envelope(payload=token, kid=kid, sid=sid, format=_FORMAT)


def _check_labels(written: Mapping[str, str], labels: Mapping[str, str | None]) -> None:
    """Refuse a profile's encrypter that was made for other keys than those in the envelope."""
    if any(label != labels.get(name) for name, label in written.items()):
        raise ValueError("kid and sid must be the labels that the encrypter was made with")
