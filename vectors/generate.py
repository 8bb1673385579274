"""Write all test vectors: `python vectors/generate.py [--output FOLDER]`.

The same octets come out of every run. joseal is not imported, here or by any module beside this.
"""

import argparse
from pathlib import Path

from cases_authenticity import authenticity, construction
from cases_drafts import drafts
from cases_ecdh import ecdh, ecdh_epk
from cases_grammar import grammar
from cases_header import header
from cases_jws import jws
from cases_jws_forged import jws_forged, jws_padding
from cases_jws_refused import jws_refused
from cases_legacy import compression, rsa1_5
from cases_lengths import lengths
from cases_limits import limits
from cases_printed import content, printed, printed_signatures, sample
from cases_private import padding, private
from cases_suite import valid_ecdh, valid_rsa, valid_symmetric
from cases_symmetric import gcmkws, pbes2s
from cases_valid import valid
from notes import NOTES

# In the order of their numbers.
_BUILDERS = (
    printed,
    content,
    valid,
    grammar,
    header,
    lengths,
    limits,
    authenticity,
    construction,
    private,
    padding,
    sample,
    valid_ecdh,
    valid_symmetric,
    valid_rsa,
    ecdh_epk,
    ecdh,
    gcmkws,
    pbes2s,
    rsa1_5,
    compression,
    drafts,
    jws,
    jws_refused,
    jws_forged,
    jws_padding,
    printed_signatures,
)


def main() -> None:
    """Write the files into a folder, by default the one that this file is in."""
    parser = argparse.ArgumentParser(description="Write the test vectors.")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    folder: Path = parser.parse_args().output
    files = [build() for build in _BUILDERS]
    unused = set(NOTES) - {flag for file in files for flag in file.flags()}
    if unused:
        raise SystemExit(f"flags without a case: {', '.join(sorted(unused))}")
    for file in files:
        file.write(folder)


if __name__ == "__main__":
    main()
