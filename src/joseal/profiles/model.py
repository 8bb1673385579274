"""The rules of a profile for each direction: pure data, checked when it is made.

Rules:
- Sending and receiving are separate, because the other side's two directions often differ.
- A rule is here only if a page demands it. None means that the receiver does not check the value.

Source: RFC 7515 section 4.1, RFC 7516 section 4.1, RFC 7519 section 5.
"""

from collections.abc import Container
from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from joseal._core.algorithms.registry import ALGS, ENCS, SIGS, Alg, Enc, SigAlg, has_own_enc
from joseal.profiles import template
from joseal.profiles.envelopes import RAW, Envelope
from joseal.profiles.template import Constant, Kid, Template, names_reply_key

Nesting: TypeAlias = Literal["none", "sign-then-encrypt", "encrypt-then-sign"]


class Sending(Struct, frozen=True, kw_only=True):
    """The rules for messages that are sent.

    Attributes:
        algs: the algs that the recipient's key may be bound to; the key decides which one it is.
        enc: the content encryption, for the algs that need one; None if none does (`HPKE-9`).
        header: the header of the JWE.
        nesting: the layers and their order.
        sign_algs: the algs that the signing key may be bound to; empty without a signature.
        sign_header: the header of the JWS.
        envelope: the envelope of the body.
        inner_envelope: the envelope of the inner token inside the outer one.

    Raises:
        TypeError: an attribute is of the wrong type.
        ValueError: a name is not known; there is an `enc` that no alg needs, or none although one
            does; or `sign_algs` don't go with `nesting`.

    Example:
        >>> from joseal.profiles import InMember, Kid, Sending
        >>> sending = Sending(
        ...     algs=("RSA-OAEP-256",),
        ...     enc="A256GCM",
        ...     header=(Kid(),),
        ...     envelope=InMember("encData"),
        ... )

    Source: RFC 7515 section 4.1, RFC 7516 section 4.1.
    """

    algs: tuple[Alg, ...]
    enc: Enc | None
    header: Template = ()
    nesting: Nesting = "none"
    sign_algs: tuple[SigAlg, ...] = ()
    sign_header: Template = ()
    envelope: Envelope = RAW
    inner_envelope: Envelope = RAW

    def __post_init__(self) -> None:
        _check_names(self.algs, ALGS)
        _check_encs(self.algs, () if self.enc is None else (self.enc,))
        _check_signature(self.nesting, self.sign_algs)
        _check_envelopes(self.envelope, self.inner_envelope)
        template.check(self.header)
        template.check(self.sign_header)


class Receiving(Struct, frozen=True, kw_only=True):
    """The rules for messages that are received.

    Attributes:
        algs: the algs that the decryption keys may be bound to.
        encs: the accepted content encryptions, for the algs that need one; empty if none does
            (`HPKE-9`).
        typ: the `typ` that the JWE must have; None accepts any.
        cty: the same for `cty`.
        nesting: the required layers and their order.
        verify_algs: the algs that the verifying keys may be bound to; empty without a signature.
        signed_typ: the `typ` that the JWS must have; None accepts any.
        signed_cty: the same for `cty`.
        envelope: the envelope of the body.
        inner_envelope: the envelope of the inner token inside the outer one.
        errors: `plain` if answers with 4xx and 5xx are known to be unencrypted, `encrypted` if they
            are known to be encrypted.
        kid_names: whose key the kid of the JWE names: the `recipient`'s, the only key that is then
            tried; or the `sender`'s, to which the answer has to be encrypted.

    Raises:
        TypeError: an attribute is of the wrong type.
        ValueError: a name is not known; there are `encs` that no alg needs, or none although one
            does; or `verify_algs` don't go with `nesting`.

    Example:
        >>> from joseal.profiles import InMember, Receiving
        >>> receiving = Receiving(
        ...     algs=("RSA-OAEP-256",),
        ...     encs=("A256GCM",),
        ...     envelope=InMember("encData"),
        ... )

    Source: RFC 7515 section 4.1, RFC 7516 section 4.1.
    """

    algs: tuple[Alg, ...]
    encs: tuple[Enc, ...]
    typ: str | None = None
    cty: str | None = None
    nesting: Nesting = "none"
    verify_algs: tuple[SigAlg, ...] = ()
    signed_typ: str | None = None
    signed_cty: str | None = None
    envelope: Envelope = RAW
    inner_envelope: Envelope = RAW
    errors: Literal["plain", "encrypted", "unstated"] = "unstated"
    kid_names: Literal["recipient", "sender"] = "recipient"

    def __post_init__(self) -> None:
        _check_names(self.algs, ALGS)
        _check_encs(self.algs, self.encs)
        _check_signature(self.nesting, self.verify_algs)
        _check_envelopes(self.envelope, self.inner_envelope)
        demanded = (self.typ, self.cty, self.signed_typ, self.signed_cty)
        if not all(value is None or isinstance(value, str) for value in demanded):
            raise TypeError("typ and cty must be str or None")
        if self.errors not in ("plain", "encrypted", "unstated"):
            raise ValueError("errors must be plain, encrypted or unstated")
        if self.kid_names not in ("recipient", "sender"):
            raise ValueError("kid_names must be recipient or sender")


def receiving(sent: Sending) -> Receiving:
    """Return the rules for the recipient of these messages."""
    return Receiving(
        algs=sent.algs,
        encs=() if sent.enc is None else (sent.enc,),
        nesting=sent.nesting,
        verify_algs=sent.sign_algs,
        envelope=sent.envelope,
        inner_envelope=sent.inner_envelope,
        kid_names="sender" if names_reply_key(sent.header) else "recipient",
    )


def sending(received: Receiving) -> Sending:
    """Return the rules for the sender of these messages."""
    return Sending(
        algs=received.algs,
        enc=received.encs[0] if received.encs else None,
        header=_demanded(received.typ, received.cty),
        nesting=received.nesting,
        sign_algs=received.verify_algs,
        sign_header=_demanded(received.signed_typ, received.signed_cty),
        envelope=received.envelope,
        inner_envelope=received.inner_envelope,
    )


def _demanded(typ: str | None, cty: str | None) -> Template:
    texts = (("typ", typ), ("cty", cty))
    constants = (Constant(name, value) for name, value in texts if value is not None)
    return (Kid("optional"), *constants)


def _check_names(names: tuple[str, ...], known: Container[str]) -> None:
    if not isinstance(names, tuple):
        raise TypeError("algs and encs must be tuples")
    if not all(isinstance(name, str) for name in names):
        raise TypeError("algs and encs must contain only str")
    if not names or not all(name in known for name in names):
        raise ValueError("algs and encs must name at least one that is known, and no other")


def _check_encs(algs: tuple[str, ...], encs: tuple[str, ...]) -> None:
    if encs != ():
        _check_names(encs, ENCS)
    have_own = all(has_own_enc(alg) for alg in algs)
    if encs and have_own:
        raise ValueError("enc goes with an alg that needs one, and these have their own")
    if not encs and not have_own:
        raise ValueError("an alg of these needs a content encryption: name it with enc or encs")


def _check_signature(nesting: Nesting, algs: tuple[str, ...]) -> None:
    if nesting not in get_args(Nesting):
        raise ValueError("nesting must be one of those that are known")
    if (nesting == "none") != (algs == ()):
        raise ValueError("signature algs go with a nesting, and only with one")
    if nesting != "none":
        _check_names(algs, SIGS)


def _check_envelopes(*envelopes: Envelope) -> None:
    if not all(isinstance(envelope, Envelope) for envelope in envelopes):
        raise TypeError("an envelope must be Raw, InMember or Fields")
