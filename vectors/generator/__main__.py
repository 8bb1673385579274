"""Write all test vectors: `python -m vectors.generator [--output FOLDER]`, in the root of a tree.

The same bytes come out of every run. joseal is not imported, here or by any module of the package.
"""

import argparse
from pathlib import Path

from vectors.generator.cases.jwe.authenticity import authenticity, construction
from vectors.generator.cases.jwe.content_by_alg import (
    keys_by_alg,
    keys_by_enc,
    sizes_by_alg,
    sizes_by_enc,
    tag_by_alg,
    tag_by_enc,
    zip_by_alg,
)
from vectors.generator.cases.jwe.drafts import drafts
from vectors.generator.cases.jwe.ecdh import (
    ecdh,
    ecdh_epk,
    ecdh_epk_direct,
    ecdh_epk_wrapped,
    ecdh_more,
    ecdh_parties,
)
from vectors.generator.cases.jwe.form_by_alg import (
    base64url_by_alg,
    crit_by_alg,
    header_by_alg,
    names_by_alg,
    segments_by_alg,
    settings_by_alg,
    shapes_by_alg,
)
from vectors.generator.cases.jwe.grammar import grammar
from vectors.generator.cases.jwe.header import header
from vectors.generator.cases.jwe.hpke import hpke, hpke_ke
from vectors.generator.cases.jwe.legacy import compression, rsa1_5
from vectors.generator.cases.jwe.lengths import lengths
from vectors.generator.cases.jwe.limits import hostile, limits, limits_by_alg
from vectors.generator.cases.jwe.private import padding, private
from vectors.generator.cases.jwe.symmetric import gcmkws, pbes2s
from vectors.generator.cases.jwe.valid import valid
from vectors.generator.cases.jwe.valid_every_alg import valid_ecdh, valid_rsa, valid_symmetric
from vectors.generator.cases.jws.by_alg import (
    jws_form_by_alg,
    jws_header_by_alg,
    jws_limits_by_alg,
    jws_names_by_alg,
)
from vectors.generator.cases.jws.forged import jws_forged, jws_padding
from vectors.generator.cases.jws.refused import jws_refused
from vectors.generator.cases.jws.valid import jws
from vectors.generator.cases.keys.jwk import jwk, jwk_alg
from vectors.generator.cases.keys.pairs import jwk_curves, jwk_rsa
from vectors.generator.cases.keys.sets import jwe_keys, jwks, jws_keys
from vectors.generator.cases.printed import content, printed, printed_signatures, sample
from vectors.generator.notes import NOTES

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
    hpke,
    hpke_ke,
)


def main() -> None:
    """Write the files into a folder, by default the one above this package."""
    parser = argparse.ArgumentParser(description="Write the test vectors.")
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1])
    folder: Path = parser.parse_args().output
    files = [build() for build in _BUILDERS]
    unused = set(NOTES) - {flag for file in files for flag in file.flags()}
    if unused:
        raise SystemExit(f"flags without a case: {', '.join(sorted(unused))}")
    for file in files:
        file.write(folder)


if __name__ == "__main__":
    main()
