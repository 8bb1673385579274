"""Every algorithm under OpenSSL's FIPS provider, where this machine can load one.

    python -m tests.fips FOLDER [--suite]

The folder has `fips.so` and the `fipsmodule.cnf` that `openssl fipsinstall -module fips.so -out
fipsmodule.cnf` wrote for it. `make build_generated providers/fips.so` in OpenSSL's sources, after
`./Configure enable-fips`, builds it; so does the package of a distribution.

What is looked for: each name that `FIPS_NAMES` accepts does its work or is refused with
`InvalidKeyError` when its key is made or its object prepared, so that nothing is found out with a
token; and those of `BASE`, which every module has, do their work. Exit status 0; 1 where that is
not so; 3 where no provider can be loaded.

With `--suite` the tests of the core run under the provider afterwards, by `tests.fips.plugin`.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.fips.provider import load

BASE = {"RSA-OAEP-256", "A256KW", "ECDH-ES+A256KW", "dir", "RS256", "PS256", "ES256", "HS256"}
# The core, but for what has no cryptography in it or takes minutes.
SUITE = [
    *(f"tests/core/{name}" for name in ("algorithms", "jwe", "keys", "wire")),
    *(f"tests/core/test_{name}.py" for name in ("jws", "jws_json", "nested", "messages", "policy")),
]
WORKS, LACKS = "works", "the provider lacks it"


def tried(work: Callable[[], None]) -> str:
    """Return what became of a round trip."""
    from joseal import InvalidKeyError

    try:
        work()
    except InvalidKeyError as error:
        return LACKS if "does not support" in str(error) else f"refused otherwise: {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return f"{type(error).__name__} leaves"
    return WORKS


def signature(alg: str) -> None:
    """Sign and verify."""
    import joseal

    key = joseal.Key.generate(alg)
    signed = joseal.Signer(key).sign(b"payload")
    if joseal.Verifier(key if key.is_symmetric else key.public()).verify(signed) != b"payload":
        raise AssertionError(alg)


def encryption(alg: str, enc: str | None, **size: int) -> None:
    """Encrypt and decrypt."""
    import joseal

    key = joseal.Key.generate(alg, **size)
    token = joseal.Encrypter(key if key.is_symmetric else key.public(), enc=enc).encrypt(b"text")
    if joseal.Decrypter(key, enc=enc).decrypt(token) != b"text":
        raise AssertionError(alg, enc)


def results() -> Iterator[tuple[str, str, str]]:
    """Yield each alg, its enc, and what became of them."""
    from joseal._core.algorithms.registry import ALGS, ENCS, SIGS

    for alg in SIGS:
        yield alg, "", tried(lambda alg=alg: signature(alg))
    for alg, spec in ALGS.items():
        if spec.legacy:
            continue
        for enc in [None] if spec.content is not None else ENCS:
            size = {"size": ENCS[enc].cek_bytes} if alg == "dir" else {}
            become = tried(lambda alg=alg, enc=enc, size=size: encryption(alg, enc, **size))
            yield alg, enc or "", become


def main(folder: Path) -> int:
    """Run all, and print what is not as it should be."""
    version = load(folder)
    if not version:
        print(f"no FIPS provider can be loaded from {folder}")
        return 3
    from joseal import FIPS_NAMES

    print(f"FIPS provider of {folder} under {version}")
    bad, counts, lacking = [], {WORKS: 0, LACKS: 0}, set()
    for alg, enc, become in results():
        if become in counts:
            counts[become] += 1
        accepted = not {alg, enc} & set(FIPS_NAMES.refused)
        if become == LACKS and accepted:
            lacking.add(alg)
        missed = become == LACKS and accepted and alg in BASE
        if missed or become not in counts:
            bad.append(f"{alg} {enc}: {become}")
    print(f"{counts[WORKS]} pairs work, {counts[LACKS]} are refused when they are prepared")
    print(
        f"accepted by FIPS_NAMES, and not in this provider: {', '.join(sorted(lacking)) or 'none'}"
    )
    for line in bad:
        print(line)
    return 1 if bad else 0


def suite(folder: Path) -> int:
    """Run the tests of the core under the provider, and return the status of pytest."""
    own = os.environ | {"JOSEAL_FIPS": str(folder.resolve())}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "-p", "tests.fips.plugin"]
    return subprocess.run([*command, *SUITE], env=own, check=False).returncode


if __name__ == "__main__":
    folders = [Path(given) for given in sys.argv[1:] if given != "--suite"] or [
        Path("/usr/lib/ssl")
    ]
    sys.exit(main(folders[0]) or ("--suite" in sys.argv and suite(folders[0])))
