"""Signed payloads, for accounts where `sid` is checked, and key changes without a gap.

    keys = PayoutKeys([bank_2023, bank_2024], signers=[ours], nesting="encrypt-then-sign")
    envelope = keys.encrypt(attempt, kid="bank-2024", sid="ours")

Unconfirmed: only one optional step of the encryption guide says that requests may be signed. It
gives no header and no serialization, and its note and its steps contradict each other about the
order. With `format` always `compact`, encrypt-then-sign can only be a compact JWS around a compact
JWE. Ask which one the account accepts, and try it against the API's own sandbox.

Rules:
- A key's `kid` is its label: for a recipient's key it goes into the envelope as `kid`, for a
  signing key as `sid` and into the header of the signature.
- The caller chooses by label among keys that are all prepared. Nothing is chosen by default,
  because with two active keys a default would be a guess.

Source: the encryption guide of the payouts API; RFC 7515, RFC 7516, RFC 7519 section 11.2.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, final

from joseal._core.algorithms.registry import Alg, SigAlg
from joseal._core.keys import Key, KeySet
from joseal._core.nested import Order
from joseal._core.secrecy import Opaque, hide_locals
from joseal.errors import InvalidKeyError
from joseal.juspay.models.base import Body
from joseal.juspay.models.envelope import GUIDE_ENC, SAMPLE_ENC, Envelope, encrypt_body
from joseal.profiles import (
    JUSPAY_PAYOUTS,
    BodyEncrypter,
    Constant,
    InMember,
    Kid,
    Profile,
    Receiving,
    Sending,
)

PayoutEnc: TypeAlias = Literal["A256CBC-HS512", "A128CBC-HS256"]

_ENCS: Final = (SAMPLE_ENC, GUIDE_ENC)
_ALGS: Final = ("RSA-OAEP", "RSA-OAEP-256")
_SIGN_ALGS: Final = ("RS256",)
# Known to the sandbox, but to no page of the API.
_PROPOSED: Final[tuple[Alg, ...]] = ("HPKE-9",)
_SIGN_PROPOSED: Final[tuple[SigAlg, ...]] = ("ML-DSA-65",)
_TYP: Final = Constant("typ", "JWT")
_LABELS: Final = ("kid", "sid")
_UNSIGNED_BODY: Final = InMember("payload", labels=("kid",), constants=(("format", "compact"),))
_BODY: Final = InMember("payload", labels=_LABELS, constants=(("format", "compact"),))
_QUESTION: Final = (
    "Whether the account's requests are signed, in which order, and with which header: the guide's "
    "note has the signature outside, and its steps are in the contrary order. Whether the header "
    "of the signature has a kid. Otherwise as for juspay-payouts."
)


def _signed_profile(nesting: Order, about: str, *header: Constant) -> Profile:
    return Profile(
        name=f"juspay-payouts-{nesting}",
        about=about,
        sources=JUSPAY_PAYOUTS.sources,
        send=Sending(
            algs=_ALGS,
            enc=SAMPLE_ENC,
            header=header,
            nesting=nesting,
            sign_algs=_SIGN_ALGS,
            sign_header=(Kid(),),
            envelope=_BODY,
        ),
        receive=Receiving(
            algs=_ALGS,
            encs=_ENCS,
            nesting=nesting,
            verify_algs=_SIGN_ALGS,
            envelope=_BODY,
        ),
        open_question=_QUESTION,
    )


PAYOUTS_ENCRYPT_THEN_SIGN: Final = _signed_profile(
    "encrypt-then-sign",
    "Payout requests of Juspay, encrypted and then signed, as the note of its guide has it.",
    _TYP,
)

# RFC 7519 section 5.2 demands cty if a signed token is inside.
PAYOUTS_SIGN_THEN_ENCRYPT: Final = _signed_profile(
    "sign-then-encrypt",
    "Payout requests of Juspay, signed and then encrypted, as the rest of its products does.",
    _TYP,
    Constant("cty", "JWT"),
)

_SIGNED: Final[Mapping[str, Profile]] = MappingProxyType(
    {
        "encrypt-then-sign": PAYOUTS_ENCRYPT_THEN_SIGN,
        "sign-then-encrypt": PAYOUTS_SIGN_THEN_ENCRYPT,
    }
)
_UNSIGNED: Final = JUSPAY_PAYOUTS.with_send(algs=_ALGS, envelope=_UNSIGNED_BODY)


@final
class PayoutKeys(Opaque):
    """Encrypts payout requests with the key that the caller names, and signs them if it can.

    During a key change, the object has both the old and the new key, and each request says which
    one it is for: first all with the old label, then all with the new one, without a gap. Immutable
    and safe to share between threads.

    Args:
        recipients: the API's public keys, each loaded with its label as `kid=`: for RSA-OAEP or
            RSA-OAEP-256; or for HPKE-9, which the sandbox opens and no page of the API has.
        signers: the merchant's private keys, also loaded with their labels, for RS256, or for
            ML-DSA-65, which no page has either; empty without a signature.
        nesting: which layer is the inner one; required with `signers`.
        enc: the content encryption for RSA keys, as for `payout_encrypter`.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `enc` is neither of the two; or `nesting` is given without signers, or the
            reverse.
        InvalidKeyError: there is no recipient; a key has no kid, is the wrong half, or is for a
            different alg; or two of one kind have the same kid.

    Example:
        >>> import joseal
        >>> from pathlib import Path
        >>> from joseal.juspay import Attempt, CardInfo, PayoutKeys
        >>> pem = Path("bank.pem").read_bytes()
        >>> bank = joseal.Key.from_certificate(pem, alg="RSA-OAEP", kid="k-1")
        >>> attempt = Attempt(fulfillment_id="f-1", card_info=CardInfo(card_token="a-token"))
        >>> PayoutKeys(bank).encrypt(attempt, kid="k-1").kid
        'k-1'
    """

    __slots__ = ("_encrypters", "_signed")

    _encrypters: Mapping[tuple[str, str | None], BodyEncrypter]
    _signed: bool

    @hide_locals
    def __init__(
        self,
        recipients: Key | KeySet | Iterable[Key],
        *,
        signers: Key | KeySet | Iterable[Key] | None = None,
        nesting: Order | None = None,
        enc: PayoutEnc = SAMPLE_ENC,
    ) -> None:
        if enc not in _ENCS:
            raise ValueError("enc must be one that the payouts API documents")
        if (signers is None) != (nesting is None):
            raise ValueError("signers and nesting go together")
        if nesting is not None and nesting not in _SIGNED:
            raise ValueError("nesting must be encrypt-then-sign or sign-then-encrypt")
        base = _UNSIGNED if nesting is None else _SIGNED[nesting]
        profile = base.with_send(enc=enc, algs=(*_ALGS, *_PROPOSED))
        if nesting is not None:
            profile = profile.with_send(sign_algs=(*_SIGN_ALGS, *_SIGN_PROPOSED))
        owners = [None] if signers is None else list(_by_label(signers).items())
        self._set(
            _encrypters=MappingProxyType(
                {
                    (kid, None if owner is None else owner[0]): _encrypter(profile, kid, key, owner)
                    for kid, key in _by_label(recipients).items()
                    for owner in owners
                }
            ),
            _signed=signers is not None,
        )

    @hide_locals
    def encrypt(
        self, body: Body, *, kid: str, sid: str | None = None, stringified: bool = False
    ) -> Envelope:
        """Encrypt a body into an envelope, signed if there are signers.

        Args:
            body: such as an `Attempt`.
            kid: the label of the recipient's key.
            sid: the label of the signing key. It is required if there are signers; if there are
                none, it is only a label for the envelope.
            stringified: encrypt a JSON string that contains the body's JSON text, as for
                `Body.to_json`.

        Returns:
            The envelope, which `Client.attempt` sends.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: no key has such a label, or `sid` is not a label.
            TokenTooLargeError: the body is over the limits.
            KeyUnavailableError: a signing key on a device is unavailable.

        Example:
            >>> import joseal
            >>> from pathlib import Path
            >>> from joseal.juspay import Attempt, CardInfo, PayoutKeys
            >>> pem = Path("bank.pem").read_bytes()
            >>> bank = joseal.Key.from_certificate(pem, alg="RSA-OAEP", kid="k-1")
            >>> attempt = Attempt(fulfillment_id="f-1", card_info=CardInfo(card_token="a-token"))
            >>> PayoutKeys(bank).encrypt(attempt, kid="k-1").kid
            'k-1'
        """
        if not isinstance(body, Body):
            raise TypeError("body must be a body of this API, such as an Attempt")
        if type(kid) is not str or not isinstance(sid, str | None):
            raise TypeError("kid and sid must be str")
        encrypter = self._encrypters.get((kid, sid if self._signed else None))
        if encrypter is None:
            raise ValueError("kid, or sid where requests are signed, is not a label of a key here")
        return encrypt_body(encrypter, body, kid=kid, sid=sid, stringified=stringified)

    def __repr__(self) -> str:
        return f"PayoutKeys(labels={list(self._encrypters)!r})"


def _by_label(keys: Key | KeySet | Iterable[Key]) -> dict[str, Key]:
    found: dict[str, Key] = {}
    for key in KeySet._of(keys):
        if key.kid is None:
            raise InvalidKeyError("a key of a payout needs its label: load it with kid=")
        if key.kid in found:
            raise InvalidKeyError("two keys have the same label")
        found[key.kid] = key
    return found


def _encrypter(
    profile: Profile, kid: str, key: Key, owner: tuple[str, Key] | None
) -> BodyEncrypter:
    if owner is None:
        return profile.encrypter(key, labels={"kid": kid})
    return profile.encrypter(key, signing_key=owner[1], labels={"kid": kid, "sid": owner[0]})
