"""`Profile`: a named set of parameters, with its sources and its open questions.

Rules:
- A profile is immutable data. Changing one makes a new one.
- `confirmed` is set only if the public sources agree and could be read completely. Otherwise the
  open question is written out, to ask the other side.

Source: RFC 7516, RFC 7515, RFC 7519; for each profile its own `sources`.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Self

from msgspec import Struct, structs

from joseal._core.algorithms.registry import ALGS, ENCS
from joseal._core.keys import Key, KeySet
from joseal._core.limits import Limits
from joseal._core.policy import Policy
from joseal._core.secrecy import hide_locals
from joseal.profiles import model
from joseal.profiles.codec import DEFAULTS, NO_LABELS, BodyDecrypter, BodyEncrypter
from joseal.profiles.model import Receiving, Sending
from joseal.profiles.template import Clock


class Profile(Struct, frozen=True, kw_only=True):
    """The rules of one API, separately for each direction.

    Attributes:
        name: unique in the table.
        about: its purpose.
        sources: the pages that it was made from.
        send: None if nothing is sent encrypted.
        receive: None if nothing is received encrypted, or if it is not known how.
        dual_use: whether one key pair is for signing and for encryption. Pass it as `dual_use=` to
            `Key.from_jwk`; RFC 8725 section 3 advises against it.
        confirmed: whether the sources agree and are complete.
        open_question: what to ask the other side; empty if, and only if, confirmed.

    Raises:
        TypeError: an attribute is of the wrong type.
        ValueError: there is no name, no source or no direction at all; or `confirmed` and
            `open_question` contradict each other.

    Example:
        >>> from joseal.profiles import Profile, Receiving, Sending
        >>> mine = Profile(
        ...     name="partner",
        ...     about="our partner's API",
        ...     sources=("https://partner.example/docs",),
        ...     send=Sending(algs=("RSA-OAEP-256",), enc="A256GCM"),
        ...     receive=Receiving(algs=("RSA-OAEP-256",), encs=("A256GCM",)),
        ...     confirmed=True,
        ... )
        >>> mine.send.enc
        'A256GCM'
    """

    name: str
    about: str
    sources: tuple[str, ...]
    send: Sending | None = None
    receive: Receiving | None = None
    dual_use: bool = False
    confirmed: bool = False
    open_question: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.sources, tuple):
            raise TypeError("sources must be a tuple")
        texts = (self.name, self.about, self.open_question, *self.sources)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("name, about, sources and open_question must be str")
        if not isinstance(self.send, Sending | None):
            raise TypeError("send must be Sending or None")
        if not isinstance(self.receive, Receiving | None):
            raise TypeError("receive must be Receiving or None")
        if not all(isinstance(flag, bool) for flag in (self.confirmed, self.dual_use)):
            raise TypeError("confirmed and dual_use must be bool")
        if not self.name or not self.sources or (self.send is None and self.receive is None):
            raise ValueError("a profile has a name, a source and at least one direction")
        if self.confirmed != (self.open_question == ""):
            raise ValueError("a profile is either confirmed or has an open question")

    @property
    def is_draft(self) -> bool:
        """Whether one of its algs or encs is defined only by an Internet-Draft, such as HPKE-9.

        The meaning of its name may still change, and the policy `MODERN` refuses it.

        Example:
            >>> from joseal import profiles
            >>> profiles.PAYOUTS_POST_QUANTUM.is_draft, profiles.VISA_MLE.is_draft
            (True, False)
        """
        sent, received = self.send, self.receive
        names: set[str] = set()
        if sent is not None:
            names.update(sent.algs, () if sent.enc is None else (sent.enc,))
        if received is not None:
            names.update(received.algs, received.encs)
        return any((ALGS.get(name) or ENCS[name]).draft for name in names)

    def replace(self, **changes: object) -> Self:
        """Return a profile with some attributes changed.

        Args:
            changes: the attributes to change, with their new values.

        Returns:
            A new profile.

        Raises:
            TypeError: there is no such attribute, or a value is of the wrong type.
            ValueError: the changed profile has no name, no source or no direction at all; or
                `confirmed` and `open_question` contradict each other.

        Example:
            >>> from joseal import profiles
            >>> profiles.VISA_MLE.replace(name="sandbox").name
            'sandbox'
        """
        return structs.replace(self, **changes)

    def with_send(self, **changes: object) -> Self:
        """Return a profile with some attributes of `send` changed, such as `enc` or `header`.

        Args:
            changes: the attributes to change, with their new values.

        Returns:
            A new profile.

        Raises:
            TypeError: there is no such attribute, or a value is of the wrong type.
            ValueError: the profile sends nothing encrypted; or a name is not known; or the algs for
                signatures don't go with `nesting`.

        Example:
            >>> from joseal import profiles
            >>> changed = profiles.VISA_MLE.with_send(enc="A256GCM")
            >>> changed.send.enc
            'A256GCM'
        """
        return self.replace(send=structs.replace(self._send(), **changes))

    def with_receive(self, **changes: object) -> Self:
        """Return a profile with some attributes of `receive` changed, such as `encs`.

        Args:
            changes: the attributes to change, with their new values.

        Returns:
            A new profile.

        Raises:
            TypeError: there is no such attribute, or a value is of the wrong type.
            ValueError: the profile receives nothing encrypted; or a name is not known; or the algs
                for signatures don't go with `nesting`.

        Example:
            >>> from joseal import profiles
            >>> changed = profiles.VISA_MLE.with_receive(encs=("A256GCM",))
            >>> changed.receive.encs
            ('A256GCM',)
        """
        return self.replace(receive=structs.replace(self._receive(), **changes))

    def counterpart(self) -> Self:
        """Return the profile of the other side: it receives what this one sends, and the reverse.

        A server uses it to decrypt requests and to encrypt answers. If this profile receives
        nothing, its counterpart sends nothing. Its headers have the key's kid, if there is one, and
        the `typ` and `cty` that this profile requires.

        Returns:
            A profile with the same name and its two directions exchanged.

        Example:
            >>> from joseal.profiles import PROFILES
            >>> all(one.counterpart().receive is not None for one in PROFILES.values() if one.send)
            True
        """
        receive = None if self.send is None else model.receiving(self.send)
        send = None if self.receive is None else model.sending(self.receive)
        return self.replace(send=send, receive=receive)

    @hide_locals
    def encrypter(
        self,
        key: Key,
        *,
        signing_key: Key | None = None,
        reply_key: Key | None = None,
        labels: Mapping[str, str] = NO_LABELS,
        clock: Clock = time.time,
        policy: Policy | None = None,
        limits: Limits = DEFAULTS,
    ) -> BodyEncrypter:
        """Return an object that encrypts bodies as this profile says.

        Args:
            key: the recipient's public key.
            signing_key: the sender's private key, for a profile that signs.
            reply_key: the sender's own key, for a profile whose header names it: the answer is
                encrypted to it.
            labels: the members next to the token that the envelope names, such as `kid` and `sid`.
            clock: returns the time for `iat`, in seconds.
            policy: refuse every name that the policy does not allow.
            limits: bounds on body and token.

        Returns:
            An object for all messages to this recipient.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: the profile sends nothing encrypted; a signing key or a reply key is
                missing, or is given although the profile needs none; or the labels are not those of
                the envelope.
            InvalidKeyError: a key is bound to a different alg, is the wrong half of its pair, or
                does not have the kid that the header template needs; or the policy refuses.
            TokenTooLargeError: the header is over `header_bytes`.

        Example:
            >>> from pathlib import Path
            >>> from joseal import Key, profiles
            >>> pem = Path("bank.pem").read_bytes()
            >>> visa = Key.from_certificate(pem, alg="RSA-OAEP-256", kid="mle-key")
            >>> body = profiles.VISA_MLE.encrypter(visa).encrypt(b'{"amount": 5}')
            >>> body[:12]
            '{"encData":"'
        """
        return BodyEncrypter(
            self._send(),
            key,
            signing_key=signing_key,
            reply_key=reply_key,
            labels=labels,
            clock=clock,
            policy=policy,
            limits=limits,
        )

    @hide_locals
    def decrypter(
        self,
        keys: Key | KeySet | Iterable[Key],
        *,
        verifying_keys: Key | KeySet | Iterable[Key] | None = None,
        any_kid: bool = False,
        policy: Policy | None = None,
        limits: Limits = DEFAULTS,
    ) -> BodyDecrypter:
        """Return an object that decrypts bodies as this profile says.

        Args:
            keys: the recipient's private key, or several during a key change.
            verifying_keys: the sender's public keys, for a profile that is signed.
            any_kid: also try keys whose kid differs from the one that a layer names.
            policy: refuse every name that the policy does not allow.
            limits: bounds on body and token.

        Returns:
            An object for all messages to these keys.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: the profile receives nothing encrypted; or verifying keys are missing, or
                are given although the profile needs none.
            InvalidKeyError: there is no key, or one is bound to a different alg or is the wrong
                half of its pair; or the policy refuses.

        Example:
            >>> from pathlib import Path
            >>> from joseal import Key, profiles
            >>> data = Path("mine.p12").read_bytes()
            >>> mine = Key.from_pkcs12(
            ...     data, alg="RSA-OAEP-256", kid="mle", password="a long password"
            ... )
            >>> visa = profiles.VISA_MLE.counterpart()
            >>> body = profiles.VISA_MLE.encrypter(mine.public()).encrypt(b'{"amount": 5}')
            >>> visa.decrypter(mine).decrypt(body)
            b'{"amount": 5}'
        """
        return BodyDecrypter(
            self._receive(),
            keys,
            verifying_keys=verifying_keys,
            any_kid=any_kid,
            policy=policy,
            limits=limits,
        )

    def _send(self) -> Sending:
        if self.send is None:
            raise ValueError("this profile sends nothing encrypted")
        return self.send

    def _receive(self) -> Receiving:
        if self.receive is None:
            raise ValueError("this profile receives nothing encrypted, or how it does is not known")
        return self.receive
