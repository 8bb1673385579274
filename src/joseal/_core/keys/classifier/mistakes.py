"""The kinds of bytes that are passed as a key by mistake, each with a sentence and a remedy.

Rules:
- A sentence names the mistake, and a remedy names one thing to do. Neither contains input.
- No remedy makes anything weaker.

Source: RFC 7468 section 4 for labels; the documentation of OpenSSL, OpenSSH and keytool.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_JKS: Final = (
    "keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12"
)
_SSH_PRIVATE: Final = "ssh-keygen -p -m PKCS8 -f COPY writes a copy of it as PEM"
_PGP: Final = "JOSE does not use PGP; ask for a PEM or JWK key"
_ASK: Final = "pass the key itself, not a reference to it"

MISTAKES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "empty": ("the key is empty", "check where it was read from"),
        "blank": ("the key is white space", "check where it was read from"),
        "zeros": ("the key consists of zero bytes only", "check where it was read from"),
        "unknown": ("these bytes are not a key in a known form", "check where they come from"),
        "text": ("this is text, not a key", "check where it comes from"),
        "path": ("this is a path, not the contents", "read the file first"),
        "absent": ("this is the text of a value that is absent", "check where it was read from"),
        "quoted": ("the key is in quotes", "take them away"),
        "bytes-repr": ("this is the repr of Python bytes", "use .decode() in place of str()"),
        "url-encoded": ("this is percent-encoded", "decode it with urllib.parse.unquote"),
        "placeholder": ("this is a placeholder, not a key", "put the key in its place"),
        # Encodings of the whole input.
        "utf-16": ("the text is UTF-16", "save it as UTF-8 or ASCII"),
        "utf-32": ("the text is UTF-32", "save it as UTF-8 or ASCII"),
        "bom": ("the text begins with a byte order mark", "save it as UTF-8 without one"),
        "hex": ("this is hex", "decode it with bytes.fromhex; Key.from_bytes takes a secret"),
        "hex-of-der": ("this is hex of DER", "use bytes.fromhex and then Key.from_der"),
        "base64": ("this is base64", "decode it; Key.from_bytes takes a shared secret"),
        "base64-of-der": ("this is base64 of DER", "decode it, then use Key.from_der"),
        "base64-of-pem": ("this is base64 of PEM", "decode it, then use Key.from_pem"),
        "base64-of-pkcs12": ("this is base64 of PKCS#12", "decode it, then use Key.from_pkcs12"),
        "base64-of-jwk": ("this is base64 of a JWK", "decode it, then use Key.from_jwk"),
        "base64-of-jwks": ("this is base64 of a JWK Set", "decode it, then use KeySet.from_jwks"),
        "base64-of-json": ("this is base64 of JSON that is not a JWK", "check what was encoded"),
        "base64-of-jks": ("this is base64 of a Java keystore (JKS)", f"decode it, then {_JKS}"),
        "base64-of-jceks": (
            "this is base64 of a Java keystore (JCEKS)",
            f"decode it, then {_JKS}",
        ),
        "base64-of-openssh-binary": ("this is base64 of an OpenSSH private key", _SSH_PRIVATE),
        "base64-of-cut-der": ("this is base64 of DER that is cut off", "copy the whole key"),
        "base64-twice": ("this is a key that was encoded with base64 twice", "decode it twice"),
        # PEM.
        "pem-private": ("this is a private key in PEM", "use Key.from_pem"),
        "pem-public": ("this is a public key in PEM", "use Key.from_pem"),
        "pem-certificate": (
            "this is a certificate in PEM",
            "use Key.from_certificate or Key.from_pem",
        ),
        "pem-several": ("several PEM blocks", "give the one that is meant"),
        "pem-quoted": ("the PEM text is in quotes", "remove them"),
        "pem-escaped": (
            r"the PEM text has a literal \n in place of its line ends",
            r"replace each with a line end, or use Key.from_env",
        ),
        "pem-escaped-twice": (
            r"the PEM text has a literal \\n in place of its line ends: escaped twice",
            "replace each with a line end",
        ),
        "pem-one-line": (
            "the PEM text has lost the line ends of its body",
            "put the body in lines of 64 characters",
        ),
        "pem-cut": ("the PEM block has no END line", "copy the whole block"),
        "pem-ends-otherwise": (
            "the BEGIN and END lines of the PEM block have different labels",
            "copy the whole block",
        ),
        "pem-without-begin": ("the PEM block has no BEGIN line", "copy the whole block"),
        "pem-dashes": (
            "the BEGIN line of the PEM block does not have five hyphens on either side",
            "copy the key as plain text",
        ),
        "pem-repr": (
            "the PEM text is the repr of Python bytes",
            "use .decode() in place of str()",
        ),
        "pem-lower-case": (
            "the label of the PEM block is in lower case",
            "write the BEGIN and END lines in capital letters",
        ),
        "pem-blank-lines": ("the body of the PEM block has blank lines", "remove them"),
        "pem-base64url": (
            "the body of the PEM block is base64url",
            "write + in place of - and / in place of _",
        ),
        "pem-blanks": (
            "the lines of the PEM block have blanks in them",
            "where a form or a URL was decoded, each was a +",
        ),
        "pem-hex": ("the body of the PEM block is hex", "write the base64 of its bytes"),
        "pem-twice": (
            "the body of the PEM block was encoded twice",
            "decode it once: that is the key",
        ),
        "pem-body": ("the body of the PEM block is not base64", "copy the block unchanged"),
        "pem-content": (
            "the content of the PEM block is damaged, or not what its label says",
            "copy the block unchanged",
        ),
        "pem-content-cut": ("the content of the PEM block is cut off", "copy the whole block"),
        "pem-label-unknown": (
            "the PEM block has a label that is not registered",
            "check the label",
        ),
        "pem-label-der-pkcs8": (
            "the PEM block has the label LABEL, but is PKCS#8",
            "label it PRIVATE KEY",
        ),
        "pem-label-der-pkcs8-encrypted": (
            "the PEM block has the label LABEL, but is an encrypted PKCS#8 key",
            "label it ENCRYPTED PRIVATE KEY",
        ),
        "pem-label-der-pkcs1-private": (
            "the PEM block has the label LABEL, but is a PKCS#1 private key",
            "label it RSA PRIVATE KEY",
        ),
        "pem-label-der-pkcs1-public": (
            "the PEM block has the label LABEL, but is a PKCS#1 public key",
            "label it RSA PUBLIC KEY",
        ),
        "pem-label-der-sec1": (
            "the PEM block has the label LABEL, but is a SEC 1 private key",
            "label it EC PRIVATE KEY",
        ),
        "pem-label-der-spki": (
            "the PEM block has the label LABEL, but is a SubjectPublicKeyInfo",
            "label it PUBLIC KEY",
        ),
        "pem-label-der-certificate": (
            "the PEM block has the label LABEL, but is a certificate",
            "label it CERTIFICATE",
        ),
        "pem-csr": (
            "this is a certificate signing request",
            "give the certificate or the private key instead",
        ),
        "pem-crl": ("this is a certificate revocation list", "give the certificate"),
        "pem-trusted": (
            "this is a certificate with OpenSSL's trust settings",
            "openssl x509 -in FILE writes it without them",
        ),
        "pem-attribute": ("this is an attribute certificate", "it has no key"),
        "pem-pkcs7": (
            "this is PKCS#7",
            "openssl pkcs7 -print_certs -in FILE writes its certificates",
        ),
        "pem-cms": ("this is a CMS message", "it is not a key"),
        "pem-dsa": ("this is a DSA key", "JOSE does not use DSA"),
        "pem-parameters": ("these are parameters without a key", "give the key block"),
        "pem-openssh": ("this is an OpenSSH private key", _SSH_PRIVATE),
        "pem-ssh2": (
            "this is an SSH public key (RFC 4716)",
            "ssh-keygen -i -f FILE, then -e -m PKCS8",
        ),
        "pem-pgp-public": ("this is a PGP public key", _PGP),
        "pem-pgp-private": ("this is a PGP private key", _PGP),
        "pem-pgp-message": ("this is a PGP message", "it is not a key"),
        "pem-pkcs12": ("this is PKCS#12 in a PEM block", "decode the body, then Key.from_pkcs12"),
        "pem-any": (
            "the label ANY PRIVATE KEY names no format",
            "convert it: openssl pkey -in FILE",
        ),
        "pem-tpm": ("this is a key of a TPM", "it stays there: see Key.from_external"),
        # DER.
        "der-pkcs8": ("this is a DER file (PKCS#8 private key)", "use Key.from_der"),
        "der-pkcs8-encrypted": (
            "this is a DER file (encrypted PKCS#8 private key)",
            "use Key.from_der with password=",
        ),
        "der-pkcs1-private": ("this is a DER file (PKCS#1 private key)", "use Key.from_der"),
        "der-pkcs1-public": ("this is a DER file (PKCS#1 public key)", "use Key.from_der"),
        "der-sec1": ("this is a DER file (SEC 1 private key)", "use Key.from_der"),
        "der-spki": ("this is a DER file (SubjectPublicKeyInfo)", "use Key.from_der"),
        "der-certificate": (
            "this is a DER file (X.509 certificate)",
            "use Key.from_certificate or Key.from_der",
        ),
        "der-csr": (
            "this is a DER file (certificate signing request)",
            "give the certificate or the private key instead",
        ),
        "der-crl": ("this is a DER file (certificate revocation list)", "give the certificate"),
        "der-pkcs7": (
            "this is a DER file (PKCS#7)",
            "openssl pkcs7 -inform DER -print_certs -in FILE writes its certificates",
        ),
        "der-dsa-private": ("this is a DER file (DSA private key)", "JOSE does not use DSA"),
        "der-text": (
            "this is a DER file that was read as text",
            "read it in binary mode",
        ),
        "der-lost": (
            "this is a DER file that was read as text, and bytes of it are lost",
            "read it again in binary mode",
        ),
        "der-line-ends": (
            "the line ends in this DER file were converted",
            "copy it again in binary mode",
        ),
        "der-preceded": ("there are bytes before the DER", "give the key alone"),
        "raw-point": (
            "this is a bare point of a curve",
            "write it as a JWK, with crv and with x and y in base64url",
        ),
        "der-cut": ("this is a DER file that is cut off", "copy the whole file"),
        "der-followed": ("bytes follow the end of the DER", "give only one key"),
        "pkcs12": ("this is a PKCS#12 file", "use Key.from_pkcs12"),
        # JSON.
        "jwk": ("this is a JWK", "use Key.from_jwk"),
        "jwks": ("this is a JWK Set", "use KeySet.from_jwks"),
        "jwk-list": (
            "this is a list of JWKs",
            'put it in an object, {"keys": [...]}, or give each to Key.from_jwk',
        ),
        "json-list": ("this is a JSON array without JWKs", "check where it comes from"),
        "json-broken": (
            "this is not strict JSON",
            "look for a duplicate member, an extra comma, or text around it",
        ),
        "json-repr": ("this is the repr of a Python dict", "use json.dumps in place of str()"),
        "json-string": ("this is a JSON string with JSON in it", "decode the JSON once more"),
        "json-escaped": ("the quotes of this JSON have backslashes", "decode the JSON once more"),
        "json-cut": ("this JSON is cut off", "copy all of it"),
        "json-followed": ("text follows the end of the JSON", "give the JSON object alone"),
        "json-other": ("this JSON object is not a JWK: it has no kty", "check where it comes from"),
        "jwks-inside": ("the JWK Set is the member jwks of this object", "give that member"),
        "jwk-inside": ("the JWK is the member jwk of this object", "give that member"),
        "jwk-within": ("a member of this object is a JWK", "give that member"),
        "jwks-within": ("a member of this object is a JWK Set", "give that member"),
        "json-of-pem": ("this is a JSON object with PEM texts", "give one of them to Key.from_pem"),
        "json-token": ("this is a token in the JSON serialization, not a key", "give the key"),
        "json-error": ("this is an error message in JSON", "ask for the key again"),
        "discovery": ("this is OpenID Provider metadata", "fetch the JWK Set that jwks_uri names"),
        "service-account": (
            "this is a service account file",
            "give its member private_key to Key.from_pem",
        ),
        # Others.
        "jks": ("this is a Java keystore (JKS)", _JKS),
        "jceks": ("this is a Java keystore (JCEKS)", f"{_JKS} -srcstoretype JCEKS"),
        "openssh-binary": ("this is an OpenSSH private key without its PEM lines", _SSH_PRIVATE),
        "ssh-public": ("this is an OpenSSH public key", "use Key.from_pem"),
        "ssh-dsa": ("this is an OpenSSH public key (DSA)", "JOSE does not use DSA"),
        "ssh-hardware": (
            "this is an OpenSSH public key on a security key",
            "JOSE has no alg for it; make a different kind of key",
        ),
        "ssh-certificate": ("this is an OpenSSH certificate", "give the public key it is for"),
        "ssh2": (
            "this is an SSH public key (RFC 4716)",
            "ssh-keygen -i -f FILE writes it for Key.from_pem",
        ),
        "putty": (
            "this is a PuTTY private key",
            "puttygen FILE -O private-openssh-new -o NEW, then ssh-keygen -p -m PKCS8 -f NEW",
        ),
        "age": ("this is an age key", "JOSE does not use age; ask for a PEM or JWK key"),
        "minisign": ("this is a minisign key", "JOSE does not use minisign"),
        "paserk": ("this is a PASERK key", "JOSE does not use PASETO; ask for a PEM or JWK key"),
        "paseto": ("this is a PASETO token, not a key", "give the key"),
        "xml-rsa": (
            "this is an RSA key in .NET's XML",
            "write it with ExportSubjectPublicKeyInfoPem or ExportPkcs8PrivateKeyPem",
        ),
        "xml-error": ("this is an error message in XML", "ask for the key again"),
        "xml-other": ("this is XML", "give the key in PEM or as a JWK"),
        "html": ("this is an HTML page", "the address or the login was wrong; fetch the key again"),
        "xml": ("this is XML", "give the base64 of its X509Certificate, decoded, to Key.from_der"),
        "jws": ("this is a signed token (JWS), not a key", "give the key that verifies it"),
        "jwe": ("this is an encrypted token (JWE), not a key", "give the key that decrypts it"),
        "token-part": ("this is a part of a token, not a key", "give the key"),
        "url": ("this is an address, not the contents", "fetch it first"),
        "data-url": ("this is a data: URL", "give the decoded bytes after the comma"),
        "pkcs11-uri": ("this is a PKCS#11 URI", "see joseal.devices"),
        "arn": ("this is the name of a key in AWS", _ASK),
        "vault": ("this is a Vault ciphertext or reference", _ASK),
        "gcp": ("this is the name of a key in Google Cloud", _ASK),
        "secret-reference": ("this is a reference to a secret, not its value", _ASK),
        "ansible-vault": ("this is a file of Ansible Vault", "ansible-vault decrypt it first"),
        "sops": ("this is a file of SOPS", "sops decrypt it first"),
        "openssl-enc": ("this is a file of openssl enc", "decrypt it first"),
        "assignment": ("this is a line NAME=VALUE", "give only the value"),
        "fingerprint": ("this is a fingerprint, not a key", "give the key or the certificate"),
        "zip": ("this is a ZIP archive", "unpack it first"),
        "gzip": ("this is a gzip file", "unpack it first"),
        "pdf": ("this is a PDF file", "ask for the key as a separate file"),
        "nss-database": ("this is an SQLite database (NSS)", "pk12util -o NEW.p12 -n NAME exports"),
    }
)
