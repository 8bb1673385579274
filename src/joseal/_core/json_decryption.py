"""The steps that decrypt a JWE in JSON: those of `decryption`, for each recipient.

Source: RFC 7516 sections 5.2, 7.2 and 11.5.
"""

from collections.abc import Sequence

from joseal._core.algorithms.content_encryption import AeadOutput
from joseal._core.algorithms.hpke import quantum
from joseal._core.algorithms.key_management import UnwrapRequest
from joseal._core.algorithms.registry import EncSpec
from joseal._core.decryption import BesideContent, DecryptionSettings, Step, check_lengths
from joseal._core.keys import Key
from joseal._core.keys.keyset import in_turn
from joseal._core.secrecy import Hidden
from joseal._core.wire.header import Header
from joseal._core.wire.json_form import encrypted
from joseal._core.wire.json_form.encrypted import JsonJwe
from joseal._core.wire.json_form.members import decode
from joseal.errors import MalformedTokenError, NotAllowedError, UnknownKeyError


class JsonSteps(Hidden, frozen=True, kw_only=True):
    """A message in JSON after every public check.

    Attributes:
        enc: its content encryption.
        parsed: the Header Parameters of each recipient.
        sealed: the input to the decryption of the content.
        aad: the decoded additional data.
        steps: the remaining private steps, each with the index of its recipient.
    """

    enc: EncSpec
    parsed: Sequence[Header]
    sealed: AeadOutput
    aad: bytes
    steps: Sequence[tuple[Step, int]]


def check_json(
    settings: DecryptionSettings, message: JsonJwe, aad: bytes | None = None, info: bytes = b""
) -> JsonSteps:
    """Do every public check of a message in JSON. RFC 7516 section 5.2.

    Raises:
        MalformedTokenError: a header or a length breaks a rule; one recipient uses post-quantum
            HPKE, and not all of them are quantum-resistant.
        NotAllowedError: alg, enc, zip, typ, cty, p2c or aad is not what the caller accepts.
        UnknownKeyError: each recipient names a kid that no key here has.
        TokenTooLargeError: a header is over its limit.
    """
    limits = settings.limits
    parsed = encrypted.read_headers(message, settings.unprotected, limits)
    if quantum.weakest_of(each.known.alg for each in parsed) is not None:
        raise MalformedTokenError("not all recipients are quantum-resistant, and one of them is")
    # The parameters about the content are the same for each recipient.
    enc, wanted = settings.accept(parsed[0]), decode(message.aad, "aad")
    if aad is not None and aad != wanted:
        demanded = (
            "different additional data" if wanted else "additional data, the message has none"
        )
        raise NotAllowedError("aad", f"aad= demands {demanded}")
    encrypted_keys = [decode(each.encrypted_key, "encrypted_key") for each in message.recipients]
    sealed = AeadOutput(
        aad=message.authenticated(),
        iv=decode(message.iv, "iv"),
        ciphertext=decode(message.ciphertext, "ciphertext"),
        tag=decode(message.tag, "tag"),
    )
    check_lengths(enc, sealed)
    requests = [
        UnwrapRequest(enc, each.known, encrypted_key, limits, {}, info)
        for each, encrypted_key in zip(parsed, encrypted_keys, strict=True)
    ]
    steps = _check_recipients(settings, requests)
    return JsonSteps(enc=enc, parsed=parsed, sealed=sealed, aad=wanted, steps=steps)


def open_json(
    settings: DecryptionSettings, token: str | bytes, aad: bytes | None, info: bytes = b""
) -> tuple[bytes, dict[str, object], Key, BesideContent]:
    """Decrypt a message in JSON. RFC 7516 section 5.2.

    Raises:
        TypeError: the token is neither str nor bytes.
        MalformedTokenError: it is not such a message; a header or a length breaks a rule; one
            recipient uses post-quantum HPKE, and not all of them are quantum-resistant.
        NotAllowedError: alg, enc, zip, typ, cty, p2c or aad is not what the caller accepts.
        UnknownKeyError: each recipient names a kid that no key here has.
        TokenTooLargeError: a header, or the plaintext, is over its limit.
        DecryptionError: no key decrypts it.
    """
    message = encrypted.parse(token, settings.form, settings.limits)
    found = check_json(settings, message, aad, info)
    first, steps = found.parsed[0], [step for step, _ in found.steps]
    plaintext, step = settings.decrypt(found.enc, found.sealed, first, steps)
    place = next(place for each, place in found.steps if each is step)
    own = message.recipients[place].header
    beside = BesideContent(found.aad, {**message.unprotected, **own}, tuple(message.further))
    return plaintext, first.all, step[0], beside


def _check_recipients(
    settings: DecryptionSettings, requests: Sequence[UnwrapRequest]
) -> list[tuple[Step, int]]:
    """Do every public check for each recipient that may match a key here.

    Returns:
        The private steps, each with the index of its recipient, as `in_turn` orders them.

    Raises:
        UnknownKeyError: each recipient names a kid that no key here has.
        NotAllowedError: no recipient is left, because of alg, enc or the caller's limits.
        MalformedTokenError: no recipient is left, because of a length or a Header Parameter.
    """
    steps: list[list[tuple[Step, int]]] = [[] for _ in requests]
    refusal: UnknownKeyError | NotAllowedError | MalformedTokenError = UnknownKeyError()
    for place, request in enumerate(requests):
        try:
            keys = settings.keys._choose(request.members, any_kid=settings.any_kid)
            steps[place] = [(step, place) for step in settings.check_public(keys, request)]
        except UnknownKeyError:
            continue
        except (NotAllowedError, MalformedTokenError) as error:
            refusal = error
    if not any(steps):
        raise refusal.with_traceback(None)
    return in_turn(steps)
