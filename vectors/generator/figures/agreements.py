"""Key agreements of RFC 7518 appendix C and RFC 8037 appendix A, transcribed.

They print keys, names of the parties, shared secrets and one derived key, but no whole token. The
recipients' private keys of RFC 8037 are in RFC 7748 section 6.
"""

from collections.abc import Mapping
from typing import NamedTuple

from vectors.generator.encoder.jwe import Jwk


class Agreement(NamedTuple):
    """One example; `derived` is empty where it is not printed."""

    section: str
    key: Jwk
    enc: str
    ephemeral: Jwk
    shared: str
    derived: str = ""
    parties: Mapping[str, bytes] | None = None
    others: Mapping[str, object] | None = None


AGREEMENTS = (
    Agreement(
        section="RFC 7518 appendix C",
        key={
            "kty": "EC",
            "alg": "ECDH-ES",
            "crv": "P-256",
            "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
            "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
        },
        enc="A128GCM",
        ephemeral={
            "kty": "EC",
            "crv": "P-256",
            "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
            "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
            "d": "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
        },
        shared="9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4",
        derived="56aa8deaf8236d205c2228cd71a7101a",
        parties={"apu": b"Alice", "apv": b"Bob"},
    ),
    Agreement(
        section="RFC 8037 appendix A.6",
        key={
            "kty": "OKP",
            "alg": "ECDH-ES+A128KW",
            "kid": "Bob",
            "crv": "X25519",
            "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08",
            "d": "XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os",
        },
        enc="A128GCM",
        ephemeral={
            "kty": "OKP",
            "crv": "X25519",
            "x": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo",
            "d": "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo",
        },
        shared="4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
        others={"kid": "Bob"},
    ),
    Agreement(
        section="RFC 8037 appendix A.7",
        key={
            "kty": "OKP",
            "alg": "ECDH-ES+A256KW",
            "kid": "Dave",
            "crv": "X448",
            "x": "PreoKbDNIPW8_AtZm2_sz22kYnEHvbDU80W0MCfYuXL8PjT7QjKhPKcG3LV67D2uB73BxnvzNgk",
            "d": "HDBqesKg4uCZCylEcMujOeZFN3KwdYEdj60NHWknwSC7XuiXKw0-ITdMnJIbCdGwNm8QtlFzmS0",
        },
        enc="A256GCM",
        ephemeral={
            "kty": "OKP",
            "crv": "X448",
            "x": "mwj3zDG34-Z9ItWuoSEHSic70rg94Jxj-qc9LCLF2bvINmRyQdlT1AxbEtqIEg1TF3-A5TLEH6A",
            "d": "mo9JJdFRn1d1z0awS1gA1O6e6LrovFVl1JjCjdnJuvV0qUGXRIlzkQBjgqbxJ6sdmsLYwKWYcms",
        },
        shared=(
            "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c2440"
            "3085d59a449a5037514a879d"
        ),
        others={"kid": "Dave"},
    ),
)
