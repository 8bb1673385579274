"""The tables against those of RFC 7518, read from another module than theirs."""

import dataclasses

import pytest
from tests import forge

from joseal.algorithms.table import ALGS, ENCS


def test_tables_list_every_algorithm_and_no_other():
    assert list(ALGS) == forge.ALGS
    assert list(ENCS) == list(forge.ENCS)


@pytest.mark.parametrize("name", forge.ENCS)
def test_sizes_of_enc_are_those_of_rfc_7518_section_5(name):
    enc, expected = ENCS[name], forge.ENCS[name]
    assert enc.name == name
    assert (enc.cek_bytes, enc.iv_bytes, enc.tag_bytes) == expected[:3]
    assert enc.block_bytes == (16 if expected.mac else 1)
    assert enc.family == ("cbc-hmac" if expected.mac else "gcm")
    if expected.mac:
        assert enc.hash == expected.mac


@pytest.mark.parametrize("name", forge.ALGS)
def test_alg_is_of_the_kind_that_rfc_7518_section_4_gives(name):
    alg = ALGS[name]
    assert alg.name == name
    assert alg.kty == ("RSA" if name in forge.RSA_ALGS else "oct")
    assert alg.key_bytes == forge.KW_ALGS.get(name, 0)
    if name in forge.RSA_ALGS:
        assert alg.hash == forge.RSA_ALGS[name].name


def test_tables_can_not_be_changed():
    with pytest.raises(TypeError):
        ALGS["none"] = ALGS["dir"]
    with pytest.raises(TypeError):
        del ENCS["A128GCM"]
    for row in (*ALGS.values(), *ENCS.values()):
        assert not dataclasses.is_dataclass(row)
        with pytest.raises(AttributeError):
            row.name = "none"
