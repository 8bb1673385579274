"""What the workers of the bulk tests call: functions of a module, so that every process finds them."""

import os
import signal
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from joseal import Decrypter, Encrypter, InvalidKeyError, Key, MultiEncrypter, Rewrapper

ENC = "A128GCM"
WRAP = {"kty": "oct", "alg": "A128KW", "k": "AAECAwQFBgcICQoLDA0ODw"}
NEXT = {**WRAP, "kid": "next"}


def encrypter() -> Encrypter:
    return Encrypter(Key.from_jwk(WRAP), enc=ENC)


def decrypter() -> Decrypter:
    return Decrypter(Key.from_jwk(WRAP), enc=ENC)


def multi_encrypter() -> MultiEncrypter:
    return MultiEncrypter([Key.from_jwk(WRAP), Key.from_jwk(NEXT)], enc=ENC)


def rewrapper() -> Rewrapper:
    opener = Decrypter(Key.from_jwk(WRAP), enc=ENC, form="general")
    return Rewrapper(opener, Encrypter(Key.from_jwk(NEXT), enc=ENC))


def noted_sealer(path: Path) -> Encrypter:
    """One line in a file for each call."""
    with path.open("a") as notes:
        notes.write(f"{os.getpid()}\n")
    return encrypter()


def no_sealer() -> Encrypter:
    raise InvalidKeyError("there is no key on this machine")


def fatal_sealer() -> Encrypter:
    os._exit(1)


class CrashingDevice:
    """A device whose driver kills the process over one encrypted key, as often as it is told.

    The size of the file `deaths` is how many are left.
    """

    def __init__(self, folder: Path):
        self.key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
        self.deadly = (folder / "deadly").read_bytes()
        self.deaths = folder / "deaths"

    def unwrap(self, alg, encrypted_key):
        left = self.deaths.stat().st_size
        if encrypted_key == self.deadly and left:
            os.truncate(self.deaths, left - 1)
            os.kill(os.getpid(), signal.SIGKILL)
        sha1 = hashes.SHA1()  # noqa: S303  that of RSA-OAEP
        return self.key.decrypt(encrypted_key, padding.OAEP(padding.MGF1(sha1), sha1, None))


def crashing_opener(folder: Path) -> Decrypter:
    public = Key.from_pem((folder / "public.pem").read_bytes(), alg="RSA-OAEP")
    return Decrypter(Key.from_external(CrashingDevice(folder), public=public), enc=ENC)
