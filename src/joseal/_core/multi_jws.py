"""`MultiSigner`: one payload, signed with each of several keys.

Rules:
- Each signature has its own protected header, with all of its Header Parameters.
- All of them agree on `b64`, as RFC 7797 section 3 demands.

Source: RFC 7515 sections 5.1 and 7.2.1.
"""

from collections.abc import Iterable, Mapping
from typing import Final, final

from joseal._core import checks
from joseal._core.jws import Signer, sign_json
from joseal._core.keys import Key
from joseal._core.keys.keyset import distinct
from joseal._core.limits import Limits
from joseal._core.naming import exported
from joseal._core.policy import Policy
from joseal._core.secrecy import Opaque, hide_locals
from joseal.errors import InvalidKeyError, TokenTooLargeError

_DEFAULTS: Final = Limits()


@exported
@final
class MultiSigner(Opaque):
    """Signs payloads with several keys, in the general JSON form.

    A `Verifier(..., form="general")` with one of the keys accepts the message; to require two
    signatures, verify with two objects. The keys are secret, so the object is never pickled: give
    other processes a function that makes it.

    Args:
        keys: private keys, or shared ones.
        header: Header Parameters for each protected header, written after `alg` in the order given.
        write_kid: write each key's kid into the header of its signature, unless `header` has one.
        detached: leave the payload out of the messages. RFC 7515 appendix F.
        b64: False signs the payload as it is (`b64`, RFC 7797). An attached payload must then be
            UTF-8.
        policy: refuse every name that the policy does not allow.
        limits: bounds on the messages made, the same as those of a `Verifier`.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `header` has a parameter that joseal sets itself, or one that strict JSON can't
            carry, or a wrong `crit`; or its `typ` is JWT and `b64` is False.
        InvalidKeyError: there is no key, or two have the same kid and alg; a key is public or for
            encryption; or `key_ops` or the policy does not permit it.
        TokenTooLargeError: there are more keys than `recipients`, or `header` is over
            `header_bytes`.

    Example:
        >>> import joseal
        >>> ours = joseal.Key.generate("Ed25519", kid="ours")
        >>> notary = joseal.Key.generate("ES256", kid="notary")
        >>> message = joseal.MultiSigner([ours, notary]).sign(b"hello")
        >>> joseal.Verifier(notary.public(), form="general").verify(message)
        b'hello'

    Source: RFC 7515 sections 5.1 and 7.2.1.
    """

    __slots__ = ("_keys", "_signers")

    _keys: tuple[Key, ...]
    _signers: tuple[Signer, ...]

    @hide_locals
    def __init__(
        self,
        keys: Iterable[Key],
        *,
        header: Mapping[str, object] | None = None,
        write_kid: bool = True,
        detached: bool = False,
        b64: bool = True,
        policy: Policy | None = None,
        limits: Limits = _DEFAULTS,
    ) -> None:
        checks.check(limits)
        chosen = distinct(keys)
        if len(chosen) > limits.recipients:
            raise TokenTooLargeError("recipients", limits.recipients, len(chosen))
        signers: list[Signer] = []
        for place, key in enumerate(chosen):
            try:
                signer = Signer(
                    key,
                    header=header,
                    write_kid=write_kid,
                    detached=detached,
                    b64=b64,
                    form="general",
                    policy=policy,
                    limits=limits,
                )
            except InvalidKeyError as error:
                raise InvalidKeyError(f"keys[{place}]: {error}") from None
            signers.append(signer)
        self._set(_keys=chosen, _signers=tuple(signers))

    @hide_locals
    def sign(self, payload: bytes, *, header: Mapping[str, object] | None = None) -> str:
        """Sign a payload with each key and return the message.

        Args:
            payload: the bytes to sign; they may be empty.
            header: Header Parameters of each protected header, for this message only.

        Returns:
            JSON text in the general form.

        Raises:
            TypeError: `payload` is not bytes, or `header` is not a mapping.
            ValueError: `header` has a parameter that joseal sets itself, or that is set already, or
                that strict JSON can't carry, or the `typ` of a JWT although `b64` is False; or the
                payload is unencoded and not UTF-8.
            TokenTooLargeError: header, payload or message would be over `limits`.
            KeyUnavailableError: a key on a device is unavailable.

        Example:
            >>> import joseal
            >>> keys = [joseal.Key.generate(alg, kid=alg) for alg in ("Ed25519", "ES256")]
            >>> message = joseal.MultiSigner(keys).sign(b"hello")
            >>> joseal.Verifier(keys[1].public(), form="general").open(message).key.kid
            'ES256'

        Source: RFC 7515 section 5.1, RFC 7797 section 5.
        """
        return sign_json(self._signers, "general", payload, header)

    def __repr__(self) -> str:
        return f"MultiSigner({list(self._keys)!r})"
