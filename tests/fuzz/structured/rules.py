"""What every execution has to keep, and what was seen of it.

- Nothing leaves but `InvalidKeyError`, without cause and context, whatever class an exception has.
- Its text is short and printable, and shows neither the password, nor a private number, nor what the
  input has to say. No frame of joseal in its traceback has a local variable.
- A key that is loaded comes back from what it lets out, and encrypts or signs what its other half
  opens, or refuses with an error of the family.
"""

import collections

from tests.fuzz.keys import MOST_CHARACTERS, check_key
from tests.fuzz.structured import samples
from tests.fuzz.structured.trees import CANARY

from joseal import Decrypter, Encrypter, InvalidKeyError, JoseError, Signer, Verifier
from joseal._core.algorithms import foreign
from joseal._core.algorithms.registry import SIGS

NAMING = "the PKCS#12 file"
MOST_REMEMBERED = 20_000


class Rules:
    """The rules, with counts for a report."""

    def __init__(self):
        self.counts = collections.Counter()
        self.texts = set()
        self.keys = set()

    def refused(self, function, *arguments, **named):
        """Return what a loader returns; None where it refuses as it should."""
        try:
            found = function(*arguments, **named)
        except InvalidKeyError as error:
            refusal = error
        else:
            self.counts["loaded"] += 1
            return found
        self.counts["refused"] += 1
        self.look_at(refusal)
        return None

    def look_at(self, error):
        assert type(error) is InvalidKeyError
        assert error.__cause__ is None
        assert error.__context__ is None
        check_frames(error.__traceback__)
        text = str(error)
        if text in self.texts:
            return
        check_text(text)
        if len(self.texts) < MOST_REMEMBERED:
            self.texts.add(text)

    def key(self, found):
        """Check a key that was loaded, once for each key, alg and half."""
        assert repr(found).startswith("Key(")
        private = found.is_private or found.is_symmetric
        mark = found.alg + repr(found.to_jwk(private=private))
        if mark in self.keys:
            return
        if len(self.keys) < MOST_REMEMBERED:
            self.keys.add(mark)
        self.counts["different keys"] += 1
        check_key(found)
        try:
            check_use(found)
        except JoseError:
            self.counts["not for use"] += 1


def check_frames(place):
    """Look at every frame that joseal has in a traceback: one is the guard's, with its function."""
    while place is not None:
        frame = place.tb_frame
        if frame.f_globals["__name__"].startswith("joseal"):
            shown = {*frame.f_locals} - {"function"}
            assert not shown, f"{frame.f_code.co_qualname} shows {sorted(shown)}"
        place = place.tb_next


def check_text(text):
    assert len(text) < 4 * MOST_CHARACTERS
    assert text.isascii()
    assert text.isprintable(), ascii(text)
    # The names in a PKCS#12 file are shown, so that one of them can be given.
    assert text.startswith((NAMING, "alias=")) or CANARY.lower() not in text.lower(), text
    assert not any(secret in text for secret in samples.secrets()), text


def check_use(found):
    """Encrypt or sign, and open it with the other half where that is there.

    Raises:
        JoseError: the key is not for that.
    """
    if found.alg.startswith("PBES2"):
        return  # whose work is meant to be much
    enc = None if found.alg.startswith("HPKE-") and not found.alg.endswith("-KE") else "A128GCM"
    if found.alg in SIGS:
        if found.is_private or found.is_symmetric:
            token = Signer(found).sign(b"a payload")
            other = found if found.is_symmetric else found.public()
            assert Verifier(other).verify(token) == b"a payload"
        else:
            Verifier(found)
        return
    if found.alg == "dir":
        size = len(found.to_jwk(private=True)["k"]) * 6 // 8
        enc = {
            16: "A128GCM",
            24: "A192GCM",
            32: "A256GCM",
            48: "A192CBC-HS384",
            64: "A256CBC-HS512",
        }[size]
    other = found.public() if found.is_private else found
    token = Encrypter(other, enc=enc).encrypt(b"a plaintext")
    if found.is_private or found.is_symmetric:
        assert Decrypter(found, enc=enc).decrypt(token) == b"a plaintext"


def count_panics(counts):
    """Count the panics that are caught: none leaves, and each is one that a loader could avoid."""
    known = foreign.is_panic

    def counted(kind):
        found = known(kind)
        counts["panics caught"] += found
        return found

    foreign.is_panic = counted
