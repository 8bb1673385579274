"""Loads OpenSSL's FIPS provider into the OpenSSL of `cryptography`, where this machine has one.

The wheels of `cryptography` bring their own OpenSSL. It loads a provider that the environment names,
by a function that `cryptography` keeps to itself: a test may do that, and a deployment has no
promise that the next wheel does.

Python's own `hashlib` has another OpenSSL. Both can't share one provider in a process, so the
environment names it only until `cryptography` has loaded it.
"""

import os
import tempfile
from pathlib import Path

CONFIGURATION = """openssl_conf = init
.include {folder}/fipsmodule.cnf
[init]
providers = providers
[providers]
fips = fips_sect
base = base_sect
[base_sect]
activate = 1
"""


def load(folder: Path) -> str:
    """Load the provider, and return the version of OpenSSL; nothing where it can't be loaded."""
    with tempfile.TemporaryDirectory() as own:
        configuration = Path(own) / "openssl.cnf"
        configuration.write_text(CONFIGURATION.format(folder=folder.resolve()), "utf-8")
        named = {"OPENSSL_CONF": str(configuration), "OPENSSL_MODULES": str(folder.resolve())}
        os.environ |= named
        from cryptography.exceptions import InternalError
        from cryptography.hazmat.backends.openssl import backend

        try:
            backend._enable_fips()
        except InternalError:
            return ""
        finally:
            for name in named:
                del os.environ[name]
    return backend.openssl_version_text() if backend._fips_enabled else ""
