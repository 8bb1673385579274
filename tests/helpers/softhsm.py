"""A real SoftHSM2: found, given tokens in a folder of its own, and spoken to without joseal.

SoftHSM is a library, so there is nothing to start. It reads its configuration once in a process,
when it is initialized, so every test process makes one folder with all the tokens it needs.
"""

import functools
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

LIBRARIES = [
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    *sorted(Path("/usr/lib").glob("*/softhsm/libsofthsm2.so")),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
]
PIN, SO_PIN = "1234-user", "5678-officer"


def require():
    """Skip the module that calls it, by name, where a part is missing; under CI that is a failure."""
    found = [path for path in LIBRARIES if path.is_file()] and shutil.which("softhsm2-util")
    if found and importlib.util.find_spec("pkcs11") is not None:
        return
    text = (
        "no SoftHSM2 or no python-pkcs11, so keys on a token are not tested: "
        "apt-get install softhsm2, and pip install 'joseal[pkcs11]'"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(text, pytrace=False)
    pytest.skip(text, allow_module_level=True)


@functools.cache
def library():
    return str(next(path for path in LIBRARIES if path.is_file()))


def make_tokens(folder, labels):
    """Make tokens in a folder. `SOFTHSM2_CONF` must name its `softhsm2.conf` already."""
    settings = f"directories.tokendir = {folder}\nobjectstore.backend = file\nlog.level = ERROR\n"
    (folder / "softhsm2.conf").write_text(settings, "utf-8")
    for label in labels:
        made = ["softhsm2-util", "--init-token", "--free", "--label", label]
        subprocess.run(
            [*made, "--so-pin", SO_PIN, "--pin", PIN], check=True, capture_output=True, timeout=60
        )
