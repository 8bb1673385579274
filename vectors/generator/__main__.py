"""Write all test vectors: `python vectors/generate.py [--output FOLDER]`.

The same bytes come out of every run. joseal is not imported, here or by any module beside this.
"""

import argparse
from pathlib import Path

from cases_authenticity import authenticity, construction
from cases_by_alg import (
    base64url_by_alg,
    crit_by_alg,
    header_by_alg,
    names_by_alg,
    segments_by_alg,
    settings_by_alg,
    shapes_by_alg,
)
from cases_content import (
    keys_by_alg,
    keys_by_enc,
    sizes_by_alg,
    sizes_by_enc,
    tag_by_alg,
    tag_by_enc,
    zip_by_alg,
)
from cases_drafts import drafts
from cases_ecdh import ecdh, ecdh_epk, ecdh_epk_direct, ecdh_epk_wrapped, ecdh_more, ecdh_parties
from cases_grammar import grammar
from cases_header import header
from cases_jws import jws
from cases_jws_by_alg import (
    jws_form_by_alg,
    jws_header_by_alg,
    jws_limits_by_alg,
    jws_names_by_alg,
)
from cases_jws_forged import jws_forged, jws_padding
from cases_jws_refused import jws_refused
from cases_keys import jwk, jwk_alg
from cases_legacy import compression, rsa1_5
from cases_lengths import lengths
from cases_limits import hostile, limits, limits_by_alg
from cases_pairs import jwk_curves, jwk_rsa
from cases_printed import content, printed, printed_signatures, sample
from cases_private import padding, private
from cases_sets import jwe_keys, jwks, jws_keys
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
    segments_by_alg,
    base64url_by_alg,
    header_by_alg,
    shapes_by_alg,
    names_by_alg,
    crit_by_alg,
    settings_by_alg,
    sizes_by_alg,
    tag_by_alg,
    zip_by_alg,
    keys_by_alg,
    keys_by_enc,
    sizes_by_enc,
    tag_by_enc,
    ecdh_epk_direct,
    ecdh_epk_wrapped,
    ecdh_more,
    ecdh_parties,
    limits_by_alg,
    hostile,
    jws_form_by_alg,
    jws_header_by_alg,
    jws_names_by_alg,
    jws_limits_by_alg,
    jwk,
    jwk_alg,
    jwk_rsa,
    jwk_curves,
    jwks,
    jwe_keys,
    jws_keys,
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
