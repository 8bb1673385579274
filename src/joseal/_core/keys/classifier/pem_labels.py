"""The labels of PEM blocks, with the kind of each.

Source: RFC 7468 section 4; the documentation of OpenSSL and OpenSSH.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PEM_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"),
            "pem-private",
        ),
        **dict.fromkeys(("PUBLIC KEY", "RSA PUBLIC KEY"), "pem-public"),
        **dict.fromkeys(("CERTIFICATE", "X509 CERTIFICATE"), "pem-certificate"),
        **dict.fromkeys(("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"), "pem-csr"),
        "X509 CRL": "pem-crl",
        "TRUSTED CERTIFICATE": "pem-trusted",
        "ATTRIBUTE CERTIFICATE": "pem-attribute",
        **dict.fromkeys(("PKCS7", "PKCS #7 SIGNED DATA"), "pem-pkcs7"),
        "CMS": "pem-cms",
        **dict.fromkeys(("DSA PRIVATE KEY", "DSA PUBLIC KEY"), "pem-dsa"),
        **dict.fromkeys(("EC PARAMETERS", "DH PARAMETERS", "DSA PARAMETERS"), "pem-parameters"),
        "OPENSSH PRIVATE KEY": "pem-openssh",
        "PGP PUBLIC KEY BLOCK": "pem-pgp-public",
        "PGP PRIVATE KEY BLOCK": "pem-pgp-private",
        **dict.fromkeys(("PGP MESSAGE", "PGP SIGNATURE", "PGP SIGNED MESSAGE"), "pem-pgp-message"),
        "PKCS12": "pem-pkcs12",
        "ANY PRIVATE KEY": "pem-any",
        **dict.fromkeys(("TSS2 PRIVATE KEY", "TSS2 KEY BLOB"), "pem-tpm"),
    }
)
