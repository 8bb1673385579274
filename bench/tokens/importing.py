"""`import joseal` beside what it can't do without: fresh processes, in turns, byte-compiled.

CPU time, taken inside of the process, so that the start of the interpreter is not in it. What is
bound is joseal with the names that a program uses: `import joseal` alone loads nearly nothing. What
is imported when it is first used is in the row that makes a token.
"""

import os
import subprocess
import sys
import tempfile
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench.measure import Samples

GROUP: Final = "import"
US: Final = "joseal"
UNUSED: Final = "joseal, no name used yet"
FIRST: Final = "joseal, a public key from PEM and a token"
BASE: Final = "cryptography and msgspec alone"

_PEM: Final = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
)

# The modules that sealing and opening with RSA and AES use.
_PROGRAMS: Final = {
    BASE: """
        import cryptography.exceptions, msgspec
        from cryptography.hazmat.primitives import ciphers, hashes, hmac, keywrap, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        from cryptography.hazmat.primitives.ciphers import aead, algorithms, modes
    """,
    US: "from joseal import Decrypter, Encrypter, Key",
    UNUSED: "import joseal",
    FIRST: f"""
        from joseal import Encrypter, Key
        key = Key.from_pem({_PEM!r}, alg="RSA-OAEP-256")
        Encrypter(key, enc="A256CBC-HS512").encrypt(bytes(300))
    """,
    "joserfc": "import joserfc.jwe, joserfc.jwk",
    "jwcrypto": "import jwcrypto.jwe, jwcrypto.jwk",
    "Authlib": "import warnings; warnings.simplefilter('ignore'); import authlib.jose",
}
_TIMED: Final = """
from time import process_time
start = process_time()
{}
print(process_time() - start)
"""


def measure(rounds: int) -> Samples:
    """Import each in turns, and return seconds."""
    samples: dict[str, list[float]] = {name: [] for name in _PROGRAMS}
    with tempfile.TemporaryDirectory(prefix="joseal-") as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        # The first of each compiles, and is dropped.
        for _ in range(rounds + 1):
            for name, program in _PROGRAMS.items():
                samples[name].append(_seconds(program, environment))
    return {name: seconds[1:] for name, seconds in samples.items()}


def _seconds(program: str, environment: dict[str, str]) -> float:
    lines = "\n".join(line.strip() for line in program.splitlines())
    command = [sys.executable, "-c", _TIMED.format(lines)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return float(done.stdout)
