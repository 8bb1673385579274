"""The model of a test vector: its input, the expected result, and the answers of a backend.

Rules:
- Nothing here shows a key, a token or a plaintext in its repr: people run this on their own files.
- A task says what to do in terms of the RFCs, so that any library can be tested.

Source: RFC 7515, RFC 7516, RFC 7517, RFC 7518.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from joseal._core.secrecy import Hidden

Jwk: TypeAlias = dict[str, object]

# Texts from a file that reports repeat are truncated at this length.
MOST_ID: Final = 60
MOST_TEXT: Final = 300
MOST_FLAGS: Final = 16


class Task(Hidden, frozen=True):
    """One thing to do; each subclass is a kind of it."""


class NotRun(Task, frozen=True):
    """Nothing can be done, for this reason."""

    reason: str


class Settings(Hidden, frozen=True, forbid_unknown_fields=True):
    """The settings of the recipient: `opener` in joseal's own format."""

    enc: tuple[str, ...] | None = None
    typ: str | None = None
    cty: str | None = None
    crit: tuple[str, ...] = ()
    any_kid: bool = False
    accept_zip: bool = False
    legacy: bool = False
    b64: bool = True
    limits: dict[str, int] = {}  # noqa: RUF012 - msgspec makes a new one each time
    form: str = "compact"
    accept_unprotected: tuple[str, ...] = ()


# Third-party files test everything that a library can do, so options that are off by default are
# on.
EVERYTHING = Settings(accept_zip=True, legacy=True)


class Loader(Hidden, frozen=True, forbid_unknown_fields=True):
    """The caller's settings for a key, and its use: `loader` in joseal's own format."""

    alg: str | None = None
    kid: str | None = None
    dual_use: bool = False
    legacy: bool = False
    use: Literal["encrypt", "decrypt", "sign", "verify"] | None = None
    enc: tuple[str, ...] = ()


class Open(Task, frozen=True):
    """Open a JWE; `alg` is for a JWK without one. RFC 7516 section 5.2."""

    jwk: Jwk
    token: str
    alg: str | None = None
    settings: Settings = EVERYTHING


class Verify(Task, frozen=True):
    """Verify a JWS. RFC 7515 section 5.2."""

    jwk: Jwk
    token: str
    alg: str | None = None
    detached: bytes | None = None
    settings: Settings = EVERYTHING


class Content(Task, frozen=True):
    """Open content, and encrypt it again. RFC 7518 section 5."""

    enc: str
    key: bytes
    iv: bytes
    aad: bytes
    ciphertext: bytes
    tag: bytes


class Cbc(Task, frozen=True):
    """Open AES-CBC with padding, which JWE has under a good tag only. RFC 7518 section 5.2."""

    key: bytes
    iv: bytes
    ciphertext: bytes


class UnwrapAes(Task, frozen=True):
    """Unwrap a key with AES Key Wrap. RFC 3394."""

    kek: bytes
    wrapped: bytes


class UnwrapRsa(Task, frozen=True):
    """Decrypt a key with RSAES-OAEP or RSAES-PKCS1-v1_5. RFC 7518 sections 4.2 and 4.3."""

    alg: str
    pem: str
    wrapped: bytes


class Agree(Task, frozen=True):
    """Agree on a shared secret with a public JWK. RFC 7518 section 4.6."""

    private: Jwk
    public: Jwk


class Derive(Task, frozen=True):
    """Derive the key from an ECDH-ES header and the recipient's JWK. RFC 7518 section 4.6.2."""

    jwk: Jwk
    header: dict[str, object]


class Mac(Task, frozen=True):
    """Verify an HMAC, which must be complete. RFC 7518 section 3.2."""

    alg: str
    key: bytes
    message: bytes
    tag: bytes


class Load(Task, frozen=True):
    """Load a JWK and write it again. RFC 7517."""

    jwk: Jwk
    alg: str | None = None


class LoadKey(Task, frozen=True):
    """Load the text of a JWK and use the key; the output is its thumbprint. RFC 7517."""

    text: str
    loader: Loader


class LoadKeys(Task, frozen=True):
    """Load the text of a JWK Set; the output is the thumbprints, one after another. RFC 7517."""

    text: str
    loader: Loader


class Thumbprint(Task, frozen=True):
    """Compute a thumbprint. RFC 7638."""

    jwk: Jwk
    alg: str | None = None


class Expected(Hidden, frozen=True):
    """The result that the file demands.

    Attributes:
        output: the expected bytes.
        any_output: bytes are expected, and the file does not say which. Without both, it must be
            refused.
        told: further results that must be returned, if the file has them: the header of a token, in
            its order; whether a key is `private`; the members of a set that were `skipped`.
        code: the error code, if the file names one.
        may_refuse: refusing is correct too.
        but_not: with implicit rejection, there may be output, but never these bytes.
    """

    output: bytes | None = None
    any_output: bool = False
    told: Mapping[str, object] | None = None
    code: str | None = None
    may_refuse: bool = False
    but_not: bytes | None = None

    @property
    def opens(self) -> bool:
        """Whether bytes are expected."""
        return self.any_output or self.output is not None

    def say(self) -> str:
        """Describe it in words, without any of the bytes."""
        if self.opens:
            return "ok, or refused" if self.may_refuse else "ok"
        if self.but_not is not None:
            return "refused, or bytes that are not the message"
        return self.code or "refused"


class Case(Hidden, frozen=True):
    """One case of a file.

    Attributes:
        id: its name in the file.
        comment: the file's comment on it.
        flags: names that the file explains in its notes.
        task: what to do.
        expected: the expected result.
        different: why joseal intentionally differs, if it does.
    """

    id: str
    comment: str
    flags: tuple[str, ...]
    task: Task
    expected: Expected = Expected()
    different: str | None = None


class Note(Struct, frozen=True):
    """A file's note about a flag."""

    description: str = ""
    bug: str = ""
    refs: tuple[str, ...] = ()


class Vectors(Hidden, frozen=True):
    """The contents of a file, in one form for all formats."""

    form: str
    cases: list[Case]
    notes: Mapping[str, Note] = {}


class Output(Hidden, frozen=True):
    """A backend's answer: bytes, and what else it returns; see `Expected`."""

    raw: bytes
    told: Mapping[str, object] | None = None


class Refusal(Struct, frozen=True):
    """A backend's answer: no. The code is a stable word, the detail constant text."""

    code: str
    detail: str = ""


class Lacking(Struct, frozen=True):
    """A backend's answer: it does not support this; `refused` if it was asked and refused."""

    reason: str
    refused: bool = False


class Silent(Struct, frozen=True):
    """No answer from a backend: it hung, ended or gave an invalid answer. No file expects this."""

    reason: str


Answer: TypeAlias = Output | Refusal | Lacking | Silent
