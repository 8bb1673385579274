"""From checked material to the prepared mechanism of its algorithm.

The only module that knows both how key material is stored and what each mechanism needs.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from joseal._core.algorithms import curves
from joseal._core.algorithms.aes import AesGcmKeyWrap, AesKeyWrap, Direct, ExternalKeyWrap
from joseal._core.algorithms.akp_keys import AkpPrivateKey, AkpPublicKey
from joseal._core.algorithms.curves import Agree, PrivateCurveKey
from joseal._core.algorithms.hpke.suites import HpkeSuite
from joseal._core.algorithms.key_management import KeyManagement
from joseal._core.algorithms.pbes2 import Password, Pbes2
from joseal._core.algorithms.registry import AlgSpec, EncSpec, SigSpec
from joseal._core.algorithms.rsa import RsaEncryption, decryptor
from joseal._core.keys import material as materials
from joseal._core.keys.external import External, SharedExternal, asked, asked_for_bytes
from joseal._core.keys.material import Material
from joseal._core.late import late
from joseal.errors import InvalidKeyError

# Most programs use one or two algorithms.
if TYPE_CHECKING:
    from joseal._core.algorithms import ecdh, signatures
    from joseal._core.algorithms.hpke import encryption as hpke
    from joseal._core.algorithms.hpke import kems, ml_kem
else:
    ecdh = late("joseal._core.algorithms.ecdh")
    hpke = late("joseal._core.algorithms.hpke.encryption")
    kems = late("joseal._core.algorithms.hpke.kems")
    ml_kem = late("joseal._core.algorithms.hpke.ml_kem")
    signatures = late("joseal._core.algorithms.signatures")

_SYMMETRIC: Final[Mapping[str, Callable[[bytes], KeyManagement]]] = {
    "aes-kw": AesKeyWrap,
    "aes-gcmkw": AesGcmKeyWrap,
    "dir": Direct,
}


def prepare_key_management(alg: AlgSpec, material: Material) -> KeyManagement:
    """Prepare key management for material that `check` has passed for this alg.

    Raises:
        InvalidKeyError: the material is of the wrong kind, so that `check` can't have passed it.
    """
    if isinstance(material, Password):
        return Pbes2(alg, material)
    if isinstance(material, bytes):
        return _SYMMETRIC[alg.family](material)
    if isinstance(material, SharedExternal):
        device = material.device
        return ExternalKeyWrap(
            asked_for_bytes("wrap", partial(device.wrap, alg.name)),
            asked("unwrap", partial(device.unwrap, alg.name)),
        )
    public = materials.public(material)
    if alg.suite is not None:
        kem = _kem(alg.suite, material)
        kind = hpke.HpkeIntegrated if alg.content else hpke.HpkeKeyEncryption
        return kind(alg.suite, kem)
    if isinstance(public, AkpPublicKey):
        raise InvalidKeyError("this alg takes no AKP key")
    if isinstance(public, RSAPublicKey):
        decrypt = None
        if isinstance(material, RSAPrivateKey):
            decrypt = decryptor(alg, material)
        elif isinstance(material, External):
            decrypt = asked("unwrap", partial(material.device.unwrap, alg.name))
        return RsaEncryption(alg, public, decrypt)
    return ecdh.EcdhEs(alg, public, _agreement(material))


def _agreement(material: Material) -> Agree | None:
    """Return the private step of a key on a curve, wherever the key is; None for a public key."""
    if isinstance(material, External):
        return asked("agree", material.device.agree)
    return curves.agreement(material) if isinstance(material, PrivateCurveKey) else None


def _kem(suite: HpkeSuite, material: Material) -> "kems.Kem":
    public = materials.public(material)
    if isinstance(public, AkpPublicKey):
        if isinstance(material, External):
            return ml_kem.MlKem(public, None, asked("decapsulate", material.device.decapsulate))
        return ml_kem.MlKem(public, material if isinstance(material, AkpPrivateKey) else None)
    if isinstance(public, RSAPublicKey):
        raise InvalidKeyError("this alg needs a key on a curve")
    return kems.DhKem(suite, public, _agreement(material))


def prepare_signature(sig: SigSpec, material: Material) -> "signatures.SignatureScheme":
    """Prepare a signature for material that `check` has passed for this alg.

    Raises:
        InvalidKeyError: the key is on a curve without signatures, so that `check` can't have passed
            it.
    """
    if isinstance(material, bytes):
        return signatures.Hmac(sig, material)
    public = materials.public(material)
    sign = _signer(sig, material)
    if isinstance(public, RSAPublicKey):
        return signatures.KeyPairScheme(signatures.rsa_check(sig, public), sign)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return signatures.KeyPairScheme(signatures.ecdsa_check(sig, public), sign)
    if isinstance(public, Ed25519PublicKey | Ed448PublicKey):
        # There is nothing to choose or to check first. RFC 8037 section 3.1.
        return signatures.KeyPairScheme(public.verify, sign)
    if isinstance(public, AkpPublicKey):
        return signatures.KeyPairScheme(signatures.ml_dsa_check(public), sign)
    raise InvalidKeyError("this alg needs a key on a curve")


def _signer(sig: SigSpec, material: Material) -> "signatures.Sign | None":
    if isinstance(material, External):
        return asked_for_bytes("sign", partial(material.device.sign, sig.name))
    if isinstance(material, RSAPrivateKey):
        return signatures.rsa_signer(sig, material)
    if isinstance(material, ec.EllipticCurvePrivateKey):
        return signatures.ecdsa_signer(sig, material)
    if isinstance(material, AkpPrivateKey):
        return signatures.ml_dsa_signer(material)
    return material.sign if isinstance(material, Ed25519PrivateKey | Ed448PrivateKey) else None


def unfit(material: Material, bound: str | None, encs: list[EncSpec]) -> str:
    """Say why a `dir` key, which is bound to one enc or to a size, fits no name in `encs`."""
    wanted = " or ".join(f"{enc.name} ({enc.cek_bytes} bytes)" for enc in encs)
    own = "" if bound is None else f" for {bound}"
    return f"the dir key{own} has {materials.describe(material)}, which does not fit {wanted}"
