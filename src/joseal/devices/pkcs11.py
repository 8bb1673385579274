"""Keys on a PKCS#11 token: an HSM, a smart card, or SoftHSM. Needs the extra `pkcs11`.

    hsm = Pkcs11Token("/usr/lib/softhsm/libsofthsm2.so", label="payments", pin=pin)
    mine = hsm.load(alg="RSA-OAEP", label="bank")

Rules:
- The token does the whole private operation, including the padding: raw RSA is never used.
- An AES key on the token wraps with C_WrapKey and C_UnwrapKey, which is how tokens offer
  CKM_AES_KEY_WRAP. The CEK is a session object while that takes place, and never a token object.
- RSA1_5 is not supported: joseal can't control how long a token takes for bad padding (Bardou et
  al.: Efficient Padding Oracle Attacks on Cryptographic Hardware).
- An error that a token may return for a bad ciphertext counts as a refusal, None. Any other error
  is `KeyUnavailableError`: the message may be good.
- One call at a time in a process: python-pkcs11 tells the library, by `C_Initialize(NULL)`, that
  there are no threads, and the library then takes no locks. Calls by other code are not locked out.

Source: PKCS #11 version 2.40, base specification sections 5.1 (return values), 5.4 (threads) and
5.6 (login); current mechanisms sections 2.1, 2.3 and 2.14 (AES key wrap).
"""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar, final

import pkcs11
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pkcs11 import KDF, MGF, Attribute, KeyType, Mechanism, Object, ObjectClass, SecretKey, Session
from pkcs11 import exceptions as codes
from pkcs11.types import DecryptMixin, DeriveMixin, SignMixin, UnwrapMixin, WrapMixin

from joseal._core.algorithms import curves, rsa
from joseal._core.algorithms.curves import PublicCurveKey
from joseal._core.algorithms.hashes import HASHES
from joseal._core.algorithms.registry import ALGS, SIGS, Alg, AlgorithmSpec, SigAlg, lookup_alg
from joseal._core.keys.external import External, SharedExternal
from joseal._core.keys.key import Key
from joseal._core.processes import LockOfProcess, ProcessId, process_id
from joseal._core.secrecy import Opaque, hide_locals
from joseal.devices.pkcs11_objects import (
    MAPPER,
    Name,
    able,
    aes_bytes,
    name_of,
    public_half,
    search,
    the_one,
)
from joseal.errors import InvalidKeyError, KeyUnavailableError

_R = TypeVar("_R")

_ONE_AT_A_TIME: Final = LockOfProcess()

# What tokens return for a ciphertext that they can't decrypt. The last two name no cause, but are
# in use for bad padding (SoftHSM: the last), even by tokens that return the first for a different
# fault of OAEP. Telling any two of them apart would be the oracle of RFC 7516 section 11.5.
_REFUSED: Final = (
    *(codes.EncryptedDataInvalid, codes.EncryptedDataLenRange),
    *(codes.DataInvalid, codes.DataLenRange),
    *(codes.WrappedKeyInvalid, codes.WrappedKeyLenRange),
    *(codes.FunctionFailed, codes.GeneralError),
)
_PIN_REFUSED: Final = (codes.PinExpired, codes.PinIncorrect, codes.PinLenRange, codes.PinLocked)

# CK_RSA_PKCS_OAEP_PARAMS: the hash, MGF1 with the same hash, and no label.
_OAEP: Final = {
    "RSA-OAEP": (Mechanism.SHA_1, MGF.SHA1, None),
    "RSA-OAEP-256": (Mechanism.SHA256, MGF.SHA256, None),
    "RSA-OAEP-384": (Mechanism.SHA384, MGF.SHA384, None),
    "RSA-OAEP-512": (Mechanism.SHA512, MGF.SHA512, None),
}

# A CEK on its way out of the token: readable there and here, and gone with the session at the
# latest.
_PASSING: Final = {
    Attribute.TOKEN: False,
    Attribute.SENSITIVE: False,
    Attribute.EXTRACTABLE: True,
}

# Each with its parameters; more tokens offer ECDSA without a hash than with one.
_SIGNING: Final = {
    "RS256": (Mechanism.SHA256_RSA_PKCS, None),
    "RS384": (Mechanism.SHA384_RSA_PKCS, None),
    "RS512": (Mechanism.SHA512_RSA_PKCS, None),
    "PS256": (Mechanism.SHA256_RSA_PKCS_PSS, (Mechanism.SHA256, MGF.SHA256, 32)),
    "PS384": (Mechanism.SHA384_RSA_PKCS_PSS, (Mechanism.SHA384, MGF.SHA384, 48)),
    "PS512": (Mechanism.SHA512_RSA_PKCS_PSS, (Mechanism.SHA512, MGF.SHA512, 64)),
    **dict.fromkeys(("ES256", "ES384", "ES512"), (Mechanism.ECDSA, None)),
    **dict.fromkeys(("Ed25519", "EdDSA"), (Mechanism.EDDSA, None)),
}

# No JWS has this as its signing input, and no JWE uses it as its CEK.
_PROBE: Final = b"joseal: does this key do its work"
_PROBE_CEK: Final = _PROBE[:32]


@final
class Pkcs11Key(Opaque):
    """A private key on a token; an `ExternalKey`. Made by `Pkcs11Token.find`."""

    __slots__ = ("_name", "_token")

    _token: "Pkcs11Token"
    _name: Name

    def __init__(self, token: "Pkcs11Token", name: Name) -> None:
        self._set(_token=token, _name=name)

    @hide_locals
    def unwrap(self, alg: str, encrypted_key: bytes) -> bytes | None:
        """Decrypt with CKM_RSA_PKCS_OAEP, its hash and its MGF1 as `alg` names them.

        Raises:
            KeyUnavailableError: the token is unavailable, or does not support this.
        """
        if alg not in _OAEP:
            raise KeyUnavailableError("a token is asked for RSA-OAEP and its kin, not for this alg")

        def decrypt(key: Object) -> bytes:
            plaintext = able(key, DecryptMixin).decrypt(
                encrypted_key, mechanism=Mechanism.RSA_PKCS_OAEP, mechanism_param=_OAEP[alg]
            )
            return plaintext if isinstance(plaintext, bytes) else b"".join(plaintext)

        return self._token.ask(self._name, decrypt)

    @hide_locals
    def agree(self, peer: PublicCurveKey) -> bytes | None:
        """Agree with CKM_ECDH1_DERIVE and no KDF; the secret is read from the token.

        Raises:
            KeyUnavailableError: the token is unavailable, or does not support this.
        """
        x, y = curves.coordinates(peer)
        point = x if y is None else b"\x04" + x + y

        def derive(key: Object) -> bytes:
            secret = able(key, DeriveMixin).derive_key(
                KeyType.GENERIC_SECRET,
                8 * len(x),
                mechanism=Mechanism.ECDH1_DERIVE,
                mechanism_param=(KDF.NULL, None, point),
                template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
            )
            try:
                return bytes(secret[Attribute.VALUE])
            finally:
                secret.destroy()

        return self._token.ask(self._name, derive)

    @hide_locals
    def decapsulate(self, encapsulated: bytes) -> bytes | None:  # noqa: ARG002 - of the protocol
        """Refuse: PKCS #11 version 2.40 has no key encapsulation.

        Raises:
            KeyUnavailableError: always.
        """
        raise KeyUnavailableError("a token has no key encapsulation")

    @hide_locals
    def sign(self, alg: str, data: bytes) -> bytes:
        """Sign on the token; for ECDSA the hash is computed here.

        Raises:
            KeyUnavailableError: the token is unavailable, refuses, or does not support this.
        """
        if alg not in _SIGNING:
            raise KeyUnavailableError("a token does not sign with this alg")
        mechanism, parameters = _SIGNING[alg]
        if mechanism == Mechanism.ECDSA:
            digest = hashes.Hash(HASHES[SIGS[alg].hash])
            digest.update(data)
            data = digest.finalize()

        def sign(key: Object) -> bytes:
            return able(key, SignMixin).sign(data, mechanism=mechanism, mechanism_param=parameters)

        signature = self._token.ask(self._name, sign)
        if signature is None:
            raise KeyUnavailableError("the token refuses to sign")
        return signature

    def __repr__(self) -> str:
        return f"Pkcs11Key({', '.join(repr(value) for _, value in self._name[1:])})"


class _Pkcs11Secret(Opaque):
    """An AES key on a token; an `ExternalSecret`. Made by `Pkcs11Token.load`."""

    __slots__ = ("_name", "_token")

    _token: "Pkcs11Token"
    _name: Name

    def __init__(self, token: "Pkcs11Token", name: Name) -> None:
        self._set(_token=token, _name=name)

    @hide_locals
    def wrap(self, alg: str, cek: bytes) -> bytes:  # noqa: ARG002 - the key has its size
        """Wrap a CEK, which is a session object in the meantime, with CKM_AES_KEY_WRAP.

        Raises:
            KeyUnavailableError: the token is unavailable, refuses, or does not support this.
        """

        def wrap(key: Object) -> bytes:
            own = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.VALUE: cek}
            kind = {Attribute.KEY_TYPE: KeyType.GENERIC_SECRET}
            passing = key.session.create_object({**own, **kind, **_PASSING})
            try:
                return able(key, WrapMixin).wrap_key(
                    able(passing, SecretKey), mechanism=Mechanism.AES_KEY_WRAP
                )
            finally:
                passing.destroy()

        encrypted_key = self._token.ask(self._name, wrap)
        if encrypted_key is None:
            raise KeyUnavailableError("the token refuses to wrap")
        return encrypted_key

    @hide_locals
    def unwrap(self, alg: str, encrypted_key: bytes) -> bytes | None:  # noqa: ARG002 - the same
        """Unwrap with CKM_AES_KEY_WRAP; the CEK is read from the token.

        Raises:
            KeyUnavailableError: the token is unavailable, or does not support this.
        """

        def unwrap(key: Object) -> bytes:
            cek = able(key, UnwrapMixin).unwrap_key(
                ObjectClass.SECRET_KEY,
                KeyType.GENERIC_SECRET,
                encrypted_key,
                mechanism=Mechanism.AES_KEY_WRAP,
                template=dict(_PASSING),
            )
            try:
                return bytes(cek[Attribute.VALUE])
            finally:
                cek.destroy()

        return self._token.ask(self._name, unwrap)

    def __repr__(self) -> str:
        return f"Pkcs11Secret({', '.join(repr(value) for _, value in self._name[1:])})"


@final
class Pkcs11Token(Opaque):
    """A token, with one session on it that all its keys share.

    It logs in when it is made, and again by itself when the session was lost. A PIN that is refused
    is forgotten, because tokens lock after a few wrong ones. Safe to share between threads, which
    take turns, but not with a forked process. Keys that need the PIN for each use are not
    supported.

    Args:
        library: the path of the vendor's PKCS#11 library.
        label: the token's own label.
        pin: the PIN of the token's user. It is not used if the process is already logged in.

    Raises:
        TypeError: an argument is of the wrong type.
        InvalidKeyError: the PIN is refused.
        KeyUnavailableError: the library can't be loaded, or does not have exactly one token with
            this label.
    """

    __slots__ = ("_found", "_label", "_library", "_pin", "_process", "_session")

    _library: str
    _label: str
    _pin: str | None
    _process: ProcessId
    _session: Session | None
    _found: dict[Name, Object]

    @hide_locals
    def __init__(self, library: str | os.PathLike[str], *, label: str, pin: str) -> None:
        path = os.fspath(library)
        if not all(isinstance(text, str) for text in (path, label, pin)):
            raise TypeError("library, label and pin must be str")
        self._set(_library=path, _label=label, _pin=pin, _process=process_id())
        self._set(_session=None, _found={})
        with suppress(KeyUnavailableError):
            self._run(lambda _: None)
        if self._pin is None:
            raise InvalidKeyError("the token refuses the PIN")
        if self._session is None:
            raise KeyUnavailableError("the library can't be loaded, or has not one such token")

    @hide_locals
    def load(
        self,
        *,
        alg: Alg | SigAlg,
        label: str | None = None,
        key_id: bytes | None = None,
        kid: str | None = None,
    ) -> Key:
        """Find a key and make a `Key` from it, whose secret stays on the token.

        For a pair, the public half is read from the token (if it is not there, use
        `Key.from_external`), and the pair is tried once: it decrypts, agrees or signs a constant.
        An AES key, for A128KW, A192KW or A256KW, wraps and unwraps a constant.

        Args:
            alg: the one algorithm that the key is for.
            label: the label of the pair, or of the AES key, on the token.
            key_id: its CKA_ID.
            kid: the name of the `Key`.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: neither `label` nor `key_id` is given.
            InvalidKeyError: there is not exactly one such pair or AES key; `alg` does not take the
                key; its halves don't fit; or `alg` is not supported, at all or by this token.
            KeyUnavailableError: the token is unavailable.
        """
        known = lookup_alg(alg)
        if known.family == "aes-kw":
            return self._load_secret(known, label, key_id, kid)
        device = self.find(label=label, key_id=key_id)
        name = name_of(ObjectClass.PUBLIC_KEY, label, key_id)
        halves = self._run(lambda session: [public_half(key) for key in search(session, name)])
        public = halves[0] if len(halves) == 1 else None
        if public is None:
            raise InvalidKeyError("the token has not one public key of this name that can be read")
        key = Key._make(External(public, device), alg, kid=kid)
        if not _does_its_work(key, public, device):
            raise InvalidKeyError(
                "the halves don't fit, or the token does not do this with the key"
            )
        return key

    def _load_secret(
        self, known: AlgorithmSpec, label: str | None, key_id: bytes | None, kid: str | None
    ) -> Key:
        alg = known.name
        name = name_of(ObjectClass.SECRET_KEY, label, key_id)
        sizes = self._run(lambda session: [aes_bytes(key) for key in search(session, name)])
        if len(sizes) != 1:
            raise InvalidKeyError("the token has not one symmetric key of this name")
        if sizes[0] != known.key_bytes:
            raise InvalidKeyError(f"{alg} needs an AES key of {known.key_bytes} bytes")
        device = _Pkcs11Secret(self, name)
        key = Key._make(SharedExternal(device), alg, kid=kid)
        with suppress(KeyUnavailableError):
            if device.unwrap(alg, device.wrap(alg, _PROBE_CEK)) == _PROBE_CEK:
                return key
        raise InvalidKeyError("the token does not wrap and unwrap with the key")

    @hide_locals
    def find(self, *, label: str | None = None, key_id: bytes | None = None) -> Pkcs11Key:
        """Find a private key, for `Key.from_external`.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: neither is given.
            InvalidKeyError: the token does not have exactly one such private key.
            KeyUnavailableError: the token is unavailable.
        """
        name = name_of(ObjectClass.PRIVATE_KEY, label, key_id)
        if self._run(lambda session: len(search(session, name))) != 1:
            raise InvalidKeyError("the token has not one private key of this name")
        return Pkcs11Key(self, name)

    @hide_locals
    def close(self) -> None:
        """End the session and log out. The next use of a key begins a new session.

        In a forked child it does nothing: the session is the parent's.
        """
        if process_id() != self._process:
            return
        with _ONE_AT_A_TIME.current():
            self._leave()

    @hide_locals
    def ask(self, name: Name, operation: Callable[[Object], bytes]) -> bytes | None:
        """Do an operation with the one key of this name; None if it is refused. For `Pkcs11Key`.

        Raises:
            KeyUnavailableError: the token is unavailable, or does not support this with the key.
        """

        def work(session: Session) -> bytes | None:
            key = self._found[name] = self._found.get(name) or the_one(session, name)
            with suppress(*_REFUSED):
                return operation(key)
            # A broken device may return this too. It then fails here, whatever the ciphertext.
            _ = key[Attribute.CLASS]
            return None

        return self._run(work)

    def _run(self, work: Callable[[Session], _R]) -> _R:
        """Do work in the session and, if it was lost, once more in a new one."""
        if process_id() != self._process:
            # A child must not use what its parent initialized. PKCS #11 version 2.20 section 6.6.1.
            raise KeyUnavailableError("the token was opened before a fork: open it after the fork")
        with _ONE_AT_A_TIME.current():
            # In the existing session, which may be lost; then in a new one.
            for _ in range(1 if self._session is None else 2):
                try:
                    return work(self._enter())
                except codes.PKCS11Error:
                    self._leave()
        raise KeyUnavailableError("the token can't be asked, or does not do this with the key")

    def _enter(self) -> Session:
        """Return the session; log in if there is none."""
        if self._session is not None:
            return self._session
        if self._pin is None:
            raise codes.PinIncorrect
        token = pkcs11.lib(self._library).get_token(token_label=self._label)
        try:
            session = token.open(user_pin=self._pin, attribute_mapper=MAPPER)
        except codes.UserAlreadyLoggedIn:
            # One login is for all sessions of a process: this one shares it.
            session = token.open(attribute_mapper=MAPPER)
        except _PIN_REFUSED:
            self._set(_pin=None)
            raise
        self._set(_session=session, _found={})
        return session

    def _leave(self) -> None:
        session = self._session
        self._set(_session=None)
        # A session that was lost can't be closed.
        with suppress(codes.PKCS11Error):
            if session is not None:
                session.close()

    def __repr__(self) -> str:
        return f"Pkcs11Token(label={self._label!r})"


def _does_its_work(key: Key, public: RSAPublicKey | PublicCurveKey, device: Pkcs11Key) -> bool:
    """Try a pair once: a Key either works or is not made."""
    with suppress(KeyUnavailableError):
        if key.alg in SIGS:
            signature = key._for_signatures("sign", None)
            return signature.verify(_PROBE, signature.sign(_PROBE))
        if isinstance(public, RSAPublicKey):
            encrypted = public.encrypt(_PROBE, rsa.padding(ALGS[key.alg]))
            return device.unwrap(key.alg, encrypted) == _PROBE
        ephemeral = curves.generate(curves.name(public))
        return device.agree(ephemeral.public_key()) == curves.agree(ephemeral, public)
    return False
