"""What is said of bytes that were given as a key: one text for each mistake."""

import base64
import gzip
import io
import json
import tracemalloc
import zipfile
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from tests.core.keys.formats.test_pkcs12 import certificate
from tests.helpers import all_algorithms, forge
from tests.helpers.rows import each_row

from joseal import InvalidKeyError, Key, KeySet
from joseal._core.keys.classifier.classify import classify, content
from joseal._core.keys.classifier.mistakes import MISTAKES
from joseal.diagnosis import explain_key

RSA = forge.rsa_private()
EC = all_algorithms.private("P-256")
CERTIFICATE = certificate(RSA)
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
PKCS8, TRADITIONAL = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL
SPKI = PublicFormat.SubjectPublicKeyInfo
PLAIN = NoEncryption()


def private(encoding=Encoding.PEM, form=PKCS8, key=RSA, protection=PLAIN):
    return key.private_bytes(encoding, form, protection)


def public(encoding=Encoding.PEM, form=SPKI, key=RSA):
    return key.public_key().public_bytes(encoding, form)


def relabel(pem, old, new):
    return pem.replace(f"{old}-----".encode(), f"{new}-----".encode())


def csr(encoding):
    return (
        x509.CertificateSigningRequestBuilder(NAME)
        .sign(RSA, hashes.SHA256())
        .public_bytes(encoding)
    )


def crl(encoding):
    start = CERTIFICATE.not_valid_before_utc
    builder = x509.CertificateRevocationListBuilder(NAME, start, CERTIFICATE.not_valid_after_utc)
    return builder.sign(RSA, hashes.SHA256()).public_bytes(encoding)


def archive():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("key.pem", public())
    return data.getvalue()


def block(label, body=b"AAAA"):
    return b"-----BEGIN %s-----\n%s\n-----END %s-----\n" % (label, body, label)


def with_line_ends():
    """The first key of a fixed row that has a line feed, with each as CRLF."""
    keys = (public(Encoding.DER, key=all_algorithms.private("P-256", f"{at}")) for at in range(99))
    return next(made for made in keys if b"\n" in made).replace(b"\n", b"\r\n")


P12 = pkcs12.serialize_key_and_certificates(b"n", RSA, None, None, BestAvailableEncryption(b"p"))
CERT_PEM = CERTIFICATE.public_bytes(Encoding.PEM)
CERT_DER = CERTIFICATE.public_bytes(Encoding.DER)
JWK = json.dumps(Key.from_cryptography(RSA, alg="RSA-OAEP").to_jwk(private=True)).encode()
JWKS = b'{"keys":[' + JWK + b"]}"
LOCKED = BestAvailableEncryption(b"p")
b64 = base64.b64encode
_JKS = "keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12"
_SSH = "ssh-keygen -p -m PKCS8 -f COPY writes a copy of it as PEM"
_PUB = "this is an OpenSSH public key: use Key.from_pem"
_PGP = "JOSE does not use PGP; ask for a PEM or JWK key"
_NAMED = "pass the key itself, not a reference to it"

# The mistake, the bytes, and the text.
TABLE = {
    "empty": (b"", "the key is empty: check where it was read from"),
    "blank": (b" \n", "the key is white space: check where it was read from"),
    "zeros": (bytes(32), "the key consists of zero bytes only: check where it was read from"),
    "a path": (b"/etc/keys/bank.pem", "this is a path, not the contents: read the file first"),
    "a relative path": (b"keys/bank.pem", "this is a path, not the contents: read the file first"),
    "a path on Windows": (
        rb"C:\keys\bank.pem",
        "this is a path, not the contents: read the file first",
    ),
    "a name of a file": (b"bank.pem", "this is a path, not the contents: read the file first"),
    "a word": (b"hello", "this is text, not a key: check where it comes from"),
    "a placeholder": (
        b"<your key>",
        "this is a placeholder, not a key: put the key in its place",
    ),
    "a variable": (b"${BANK_KEY}", "this is a placeholder, not a key: put the key in its place"),
    "UTF-16": (public().decode().encode("utf-16"), "the text is UTF-16: save it as UTF-8 or ASCII"),
    "UTF-16 without a mark": (
        public().decode().encode("utf-16-le"),
        "the text is UTF-16: save it as UTF-8 or ASCII",
    ),
    "UTF-32": (public().decode().encode("utf-32"), "the text is UTF-32: save it as UTF-8 or ASCII"),
    "a mark": (
        b"\xef\xbb\xbf" + JWK,
        "the text begins with a byte order mark: save it as UTF-8 without one",
    ),
    "hex of a secret": (
        b"0123456789abcdef" * 4,
        "this is hex: decode it with bytes.fromhex; Key.from_bytes takes a secret",
    ),
    "hex of DER": (
        public(Encoding.DER).hex().encode(),
        "this is hex of DER: use bytes.fromhex and then Key.from_der",
    ),
    "base64 of a secret": (
        b64(b"\xff" * 32),
        "this is base64: decode it; Key.from_bytes takes a shared secret",
    ),
    "base64 of DER": (
        b64(public(Encoding.DER)),
        "this is base64 of DER: decode it, then use Key.from_der",
    ),
    "base64url of DER": (
        base64.urlsafe_b64encode(CERT_DER).rstrip(b"="),
        "this is base64 of DER: decode it, then use Key.from_der",
    ),
    "base64 of PEM": (b64(public()), "this is base64 of PEM: decode it, then use Key.from_pem"),
    "base64 of PKCS#12": (
        b64(P12),
        "this is base64 of PKCS#12: decode it, then use Key.from_pkcs12",
    ),
    "base64 of a JWK": (b64(JWK), "this is base64 of a JWK: decode it, then use Key.from_jwk"),
    "base64 of a JWK Set": (
        b64(JWKS),
        "this is base64 of a JWK Set: decode it, then use KeySet.from_jwks",
    ),
    "base64 of other JSON": (
        b64(b'{"name": "something"}'),
        "this is base64 of JSON that is not a JWK: check what was encoded",
    ),
    "base64 of JKS": (
        b64(b"\xfe\xed\xfe\xed" + bytes(40)),
        f"this is base64 of a Java keystore (JKS): decode it, then {_JKS}",
    ),
    "base64 twice": (
        b64(b64(public(Encoding.DER))),
        "this is a key that was encoded with base64 twice: decode it twice",
    ),
    "base64 of cut DER": (
        b64(private(Encoding.DER)[:300]),
        "this is base64 of DER that is cut off: copy the whole key",
    ),
    "a private key in PEM": (private(), "this is a private key in PEM: use Key.from_pem"),
    "a public key in PEM": (public(), "this is a public key in PEM: use Key.from_pem"),
    "a certificate in PEM": (
        CERT_PEM,
        "this is a certificate in PEM: use Key.from_certificate or Key.from_pem",
    ),
    "key and certificate": (
        private() + CERT_PEM,
        "2 PEM blocks (PRIVATE KEY, CERTIFICATE): give the one that is meant",
    ),
    "PEM in quotes": (b'"' + public() + b'"', "the PEM text is in quotes: remove them"),
    "escaped": (
        public().replace(b"\n", b"\\n"),
        (
            r"the PEM text has a literal \n in place of its line ends: "
            "replace each with a line end, or use Key.from_env"
        ),
    ),
    "escaped twice": (
        public().replace(b"\n", b"\\\\n"),
        (
            r"the PEM text has a literal \\n in place of its line ends: escaped twice: "
            "replace each with a line end"
        ),
    ),
    "one line": (
        public().replace(b"\n", b" "),
        "the PEM text has lost the line ends of its body: put the body in lines of 64 characters",
    ),
    "no END": (public()[:200], "the PEM block has no END line: copy the whole block"),
    "END before BEGIN": (
        b"-----END PUBLIC KEY-----\n" + public()[:200],
        "the PEM block has no END line: copy the whole block",
    ),
    "another END": (
        public().replace(b"END PUBLIC", b"END PRIVATE"),
        "the BEGIN and END lines of the PEM block have different labels: copy the whole block",
    ),
    "no BEGIN": (public()[30:], "the PEM block has no BEGIN line: copy the whole block"),
    "four hyphens": (
        public().replace(b"-----", b"----"),
        (
            "the BEGIN line of the PEM block does not have five hyphens on either side: "
            "copy the key as plain text"
        ),
    ),
    "em dashes": (
        public().decode().replace("-----", "\u2014\u2014-").encode(),
        (
            "the BEGIN line of the PEM block does not have five hyphens on either side: "
            "copy the key as plain text"
        ),
    ),
    "no base64 in PEM": (
        block(b"PUBLIC KEY", b"!!!!"),
        "the body of the PEM block is not base64: copy the block unchanged",
    ),
    "a damaged body": (
        block(b"PUBLIC KEY"),
        (
            "the content of the PEM block is damaged, or not what its label says: "
            "copy the block unchanged"
        ),
    ),
    "an unknown label": (
        block(b"SOME KEY"),
        "the PEM block has a label that is not registered: check the label",
    ),
    "PKCS#1 as PRIVATE KEY": (
        relabel(private(form=TRADITIONAL), "RSA PRIVATE KEY", "PRIVATE KEY"),
        (
            "the PEM block has the label PRIVATE KEY, but is a PKCS#1 private key: "
            "label it RSA PRIVATE KEY"
        ),
    ),
    "encrypted as PRIVATE KEY": (
        relabel(private(protection=LOCKED), "ENCRYPTED PRIVATE KEY", "PRIVATE KEY"),
        (
            "the PEM block has the label PRIVATE KEY, but is an encrypted PKCS#8 key: "
            "label it ENCRYPTED PRIVATE KEY"
        ),
    ),
    "SEC 1 as PRIVATE KEY": (
        relabel(private(form=TRADITIONAL, key=EC), "EC PRIVATE KEY", "PRIVATE KEY"),
        "the PEM block has the label PRIVATE KEY, but is a SEC 1 private key: label it EC PRIVATE KEY",
    ),
    "PKCS#8 as RSA PRIVATE KEY": (
        relabel(private(), "PRIVATE KEY", "RSA PRIVATE KEY"),
        "the PEM block has the label RSA PRIVATE KEY, but is PKCS#8: label it PRIVATE KEY",
    ),
    "PKCS#1 as PUBLIC KEY": (
        relabel(public(form=PublicFormat.PKCS1), "RSA PUBLIC KEY", "PUBLIC KEY"),
        "the PEM block has the label PUBLIC KEY, but is a PKCS#1 public key: label it RSA PUBLIC KEY",
    ),
    "public as CERTIFICATE": (
        relabel(public(), "PUBLIC KEY", "CERTIFICATE"),
        "the PEM block has the label CERTIFICATE, but is a SubjectPublicKeyInfo: label it PUBLIC KEY",
    ),
    "a certificate as PUBLIC KEY": (
        relabel(CERT_PEM, "CERTIFICATE", "PUBLIC KEY"),
        "the PEM block has the label PUBLIC KEY, but is a certificate: label it CERTIFICATE",
    ),
    "the text of no value": (
        b"None",
        "this is the text of a value that is absent: check where it was read from",
    ),
    "an SSH key in quotes": (b'"ssh-rsa AAAA me"', "the key is in quotes: take them away"),
    "the repr of PEM bytes": (
        repr(public()).encode(),
        "the PEM text is the repr of Python bytes: use .decode() in place of str()",
    ),
    "the repr of base64": (
        repr(b64(public(Encoding.DER))).encode(),
        "this is the repr of Python bytes: use .decode() in place of str()",
    ),
    "PEM in a URL": (
        quote(public()).encode(),
        "this is percent-encoded: decode it with urllib.parse.unquote",
    ),
    "a label in lower case": (
        public().replace(b"PUBLIC KEY", b"public key"),
        (
            "the label of the PEM block is in lower case: "
            "write the BEGIN and END lines in capital letters"
        ),
    ),
    "blank lines in PEM": (
        public().replace(b"\n", b"\n\n"),
        "the body of the PEM block has blank lines: remove them",
    ),
    "base64url in PEM": (
        block(b"PUBLIC KEY", b"AAAA-AAA\nAA_A"),
        ("the body of the PEM block is base64url: write + in place of - and / in place of _"),
    ),
    "PEM from a form": (
        block(b"PUBLIC KEY", b"AAAA AAA\nAAAA"),
        (
            "the lines of the PEM block have blanks in them: "
            "where a form or a URL was decoded, each was a +"
        ),
    ),
    "hex in PEM": (
        block(b"PUBLIC KEY", public(Encoding.DER).hex().encode()),
        "the body of the PEM block is hex: write the base64 of its bytes",
    ),
    "base64 twice in PEM": (
        block(b"PUBLIC KEY", base64.encodebytes(base64.encodebytes(public(Encoding.DER)))),
        "the body of the PEM block was encoded twice: decode it once: that is the key",
    ),
    "PEM in PEM": (
        block(b"PUBLIC KEY", base64.encodebytes(public())),
        "the body of the PEM block was encoded twice: decode it once: that is the key",
    ),
    "UTF-16 as Latin-1": (
        public().decode().encode("utf-16").decode("latin-1").encode(),
        "the text is UTF-16: save it as UTF-8 or ASCII",
    ),
    "DER as Latin-1": (
        public(Encoding.DER).decode("latin-1").encode(),
        "this is a DER file that was read as text: read it in binary mode",
    ),
    "DER as UTF-8": (
        public(Encoding.DER).decode("utf-8", "replace").encode(),
        (
            "this is a DER file that was read as text, and bytes of it are lost: "
            "read it again in binary mode"
        ),
    ),
    "DER with other line ends": (
        with_line_ends(),
        "the line ends in this DER file were converted: copy it again in binary mode",
    ),
    "a line end before DER": (
        b"\n" + public(Encoding.DER),
        "there are bytes before the DER: give the key alone",
    ),
    "a point": (
        public(Encoding.X962, PublicFormat.UncompressedPoint, EC),
        (
            "this is a bare point of a curve: "
            "write it as a JWK, with crv and with x and y in base64url"
        ),
    ),
    "the repr of a dict": (
        str(json.loads(JWK)).encode(),
        "this is the repr of a Python dict: use json.dumps in place of str()",
    ),
    "JSON in a JSON string": (
        json.dumps(JWK.decode()).encode(),
        "this is a JSON string with JSON in it: decode the JSON once more",
    ),
    "escaped JSON": (
        JWK.replace(b'"', b'\\"'),
        "the quotes of this JSON have backslashes: decode the JSON once more",
    ),
    "cut JSON": (JWK[:100], "this JSON is cut off: copy all of it"),
    "JSON and a semicolon": (
        JWK + b";",
        "text follows the end of the JSON: give the JSON object alone",
    ),
    "a JWK in an envelope": (
        b'{"key": ' + JWK + b', "attributes": {}}',
        "a member of this object is a JWK: give that member",
    ),
    "a JWK Set in an envelope": (
        b'{"status": 1, "data": {"result": ' + JWKS + b"}}",
        "a member of this object is a JWK Set: give that member",
    ),
    "a problem": (
        b'{"title": "Not Found", "status": 404}',
        "this is an error message in JSON: ask for the key again",
    ),
    "a PEM text and more in JSON": (
        json.dumps({"pem": public().decode(), "algorithm": "x"}).encode(),
        "this is a JSON object with PEM texts: give one of them to Key.from_pem",
    ),
    "a token and a PEM text in JSON": (
        json.dumps({"token": "eyJ", "key": public().decode()}).encode(),
        "this JSON object is not a JWK: it has no kty: check where it comes from",
    ),
    "a JWK far inside": (
        b'{"a": {"b": {"c": {"d": {"e": ' + JWK + b"}}}}}",
        "this JSON object is not a JWK: it has no kty: check where it comes from",
    ),
    "XML of .NET with a declaration": (
        b'<?xml version="1.0"?><RSAKeyValue><Modulus>AA</Modulus></RSAKeyValue>',
        (
            "this is an RSA key in .NET's XML: "
            "write it with ExportSubjectPublicKeyInfoPem or ExportPkcs8PrivateKeyPem"
        ),
    ),
    "an error of S3": (
        b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
        "this is an error message in XML: ask for the key again",
    ),
    "XHTML": (
        b'<?xml version="1.0"?><html xmlns="x"><body/></html>',
        "this is an HTML page: the address or the login was wrong; fetch the key again",
    ),
    "other XML": (b"<a><b>1</b></a>", "this is XML: give the key in PEM or as a JWK"),
    "a request": (
        csr(Encoding.PEM),
        "this is a certificate signing request: give the certificate or the private key instead",
    ),
    "a revocation list": (
        crl(Encoding.PEM),
        "this is a certificate revocation list: give the certificate",
    ),
    "a trusted certificate": (
        block(b"TRUSTED CERTIFICATE"),
        (
            "this is a certificate with OpenSSL's trust settings: "
            "openssl x509 -in FILE writes it without them"
        ),
    ),
    "PKCS#7": (
        pkcs7.serialize_certificates([CERTIFICATE], Encoding.PEM),
        "this is PKCS#7: openssl pkcs7 -print_certs -in FILE writes its certificates",
    ),
    "CMS": (block(b"CMS"), "this is a CMS message: it is not a key"),
    "DSA": (block(b"DSA PRIVATE KEY"), "this is a DSA key: JOSE does not use DSA"),
    "parameters": (
        block(b"DH PARAMETERS"),
        "these are parameters without a key: give the key block",
    ),
    "OpenSSH private": (
        private(form=PrivateFormat.OpenSSH),
        f"this is an OpenSSH private key: {_SSH}",
    ),
    "PGP public": (block(b"PGP PUBLIC KEY BLOCK"), f"this is a PGP public key: {_PGP}"),
    "PGP private": (block(b"PGP PRIVATE KEY BLOCK"), f"this is a PGP private key: {_PGP}"),
    "PGP message": (block(b"PGP MESSAGE"), "this is a PGP message: it is not a key"),
    "PKCS#8 in DER": (
        private(Encoding.DER),
        "this is a DER file (PKCS#8 private key): use Key.from_der",
    ),
    "encrypted in DER": (
        private(Encoding.DER, protection=LOCKED),
        "this is a DER file (encrypted PKCS#8 private key): use Key.from_der with password=",
    ),
    "PKCS#1 in DER": (
        private(Encoding.DER, TRADITIONAL),
        "this is a DER file (PKCS#1 private key): use Key.from_der",
    ),
    "public PKCS#1 in DER": (
        public(Encoding.DER, PublicFormat.PKCS1),
        "this is a DER file (PKCS#1 public key): use Key.from_der",
    ),
    "SEC 1 in DER": (
        private(Encoding.DER, TRADITIONAL, EC),
        "this is a DER file (SEC 1 private key): use Key.from_der",
    ),
    "SPKI in DER": (
        public(Encoding.DER),
        "this is a DER file (SubjectPublicKeyInfo): use Key.from_der",
    ),
    "a certificate in DER": (
        CERT_DER,
        "this is a DER file (X.509 certificate): use Key.from_certificate or Key.from_der",
    ),
    "a request in DER": (
        csr(Encoding.DER),
        (
            "this is a DER file (certificate signing request): "
            "give the certificate or the private key instead"
        ),
    ),
    "a revocation list in DER": (
        crl(Encoding.DER),
        "this is a DER file (certificate revocation list): give the certificate",
    ),
    "PKCS#7 in DER": (
        pkcs7.serialize_certificates([CERTIFICATE], Encoding.DER),
        (
            "this is a DER file (PKCS#7): "
            "openssl pkcs7 -inform DER -print_certs -in FILE writes its certificates"
        ),
    ),
    "DSA in DER": (
        private(Encoding.DER, TRADITIONAL, dsa.generate_private_key(2048)),
        "this is a DER file (DSA private key): JOSE does not use DSA",
    ),
    "cut DER": (
        private(Encoding.DER)[:300],
        "this is a DER file that is cut off: copy the whole file",
    ),
    "DER and more": (
        public(Encoding.DER) + b"\n",
        "bytes follow the end of the DER: give only one key",
    ),
    "PKCS#12": (P12, "this is a PKCS#12 file: use Key.from_pkcs12"),
    "a JWK": (JWK, "this is a JWK: use Key.from_jwk"),
    "a JWK Set": (JWKS, "this is a JWK Set: use KeySet.from_jwks"),
    "a list of JWKs": (
        b"[" + JWK + b"]",
        'this is a list of JWKs: put it in an object, {"keys": [...]}, or give each to Key.from_jwk',
    ),
    "a list": (b"[1, 2]", "this is a JSON array without JWKs: check where it comes from"),
    "broken JSON": (
        b'{"kty": "oct",}',
        "this is not strict JSON: look for a duplicate member, an extra comma, or text around it",
    ),
    "other JSON": (
        b'{"a": 1}',
        "this JSON object is not a JWK: it has no kty: check where it comes from",
    ),
    "metadata": (
        b'{"jwks_uri": "https://a.example/jwks"}',
        "this is OpenID Provider metadata: fetch the JWK Set that jwks_uri names",
    ),
    "a service account": (
        b'{"private_key": "x"}',
        "this is a service account file: give its member private_key to Key.from_pem",
    ),
    "certificates in JSON": (
        json.dumps({"a": CERT_PEM.decode()}).encode(),
        "this is a JSON object with PEM texts: give one of them to Key.from_pem",
    ),
    "an error in JSON": (
        b'{"error": "x"}',
        "this is an error message in JSON: ask for the key again",
    ),
    "JKS": (b"\xfe\xed\xfe\xed" + bytes(9), f"this is a Java keystore (JKS): {_JKS}"),
    "JCEKS": (
        b"\xce\xce\xce\xce" + bytes(9),
        f"this is a Java keystore (JCEKS): {_JKS} -srcstoretype JCEKS",
    ),
    "ssh-rsa": (b"ssh-rsa AAAAB3NzaC1yc2E= me", _PUB),
    "ssh-ed25519": (b"ssh-ed25519 AAAA me", _PUB),
    "ssh-dss": (b"ssh-dss AAAA me", "this is an OpenSSH public key (DSA): JOSE does not use DSA"),
    "OpenSSH certificate of an EC key": (
        b"ecdsa-sha2-nistp256-cert-v01@openssh.com AAAA me",
        "this is an OpenSSH certificate: give the public key it is for",
    ),
    "ecdsa-sha2": (b"ecdsa-sha2-nistp256 AAAA", _PUB),
    "SSH of RFC 4716": (
        b"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA",
        "this is an SSH public key (RFC 4716): ssh-keygen -i -f FILE writes it for Key.from_pem",
    ),
    "PuTTY": (
        b"PuTTY-User-Key-File-3: ssh-rsa",
        (
            "this is a PuTTY private key: "
            "puttygen FILE -O private-openssh-new -o NEW, then ssh-keygen -p -m PKCS8 -f NEW"
        ),
    ),
    "age": (
        b"AGE-SECRET-KEY-1AAAA",
        "this is an age key: JOSE does not use age; ask for a PEM or JWK key",
    ),
    ".NET XML": (
        b"<RSAKeyValue><Modulus>",
        (
            "this is an RSA key in .NET's XML: "
            "write it with ExportSubjectPublicKeyInfoPem or ExportPkcs8PrivateKeyPem"
        ),
    ),
    "HTML": (
        b"<!DOCTYPE html><html>",
        "this is an HTML page: the address or the login was wrong; fetch the key again",
    ),
    "a JWS": (
        b"eyJh.eyJh.AAAA",
        "this is a signed token (JWS), not a key: give the key that verifies it",
    ),
    "a JWE": (
        b"eyJh.A.A.A.A",
        "this is an encrypted token (JWE), not a key: give the key that decrypts it",
    ),
    "an address": (
        b"https://a.example/jwks",
        "this is an address, not the contents: fetch it first",
    ),
    "a PKCS#11 URI": (b"pkcs11:token=a", "this is a PKCS#11 URI: see joseal.devices"),
    "an ARN": (b"arn:aws:kms:eu:1:key/a", f"this is the name of a key in AWS: {_NAMED}"),
    "Ansible Vault": (
        b"$ANSIBLE_VAULT;1.1;AES256",
        "this is a file of Ansible Vault: ansible-vault decrypt it first",
    ),
    "an assignment": (b"BANK_KEY=abc", "this is a line NAME=VALUE: give only the value"),
    "a fingerprint": (
        b"SHA256:AAAAAAAAAAAAAAAA",
        "this is a fingerprint, not a key: give the key or the certificate",
    ),
    "a fingerprint without the name of its hash": (
        b":".join([b"AB"] * 20),
        "this is a fingerprint, not a key: give the key or the certificate",
    ),
    "ZIP": (archive(), "this is a ZIP archive: unpack it first"),
    "gzip": (gzip.compress(public()), "this is a gzip file: unpack it first"),
}


@each_row("name", TABLE)
def test_each_mistake_has_its_text(name):
    data, text = TABLE[name]
    assert classify(data).text == text


def test_table_has_at_least_sixty_mistakes():
    assert len({text for _, text in TABLE.values()}) >= 60


LOADS = {
    "from_pem": (lambda data: Key.from_pem(data, alg="RSA-OAEP"), ("pem-", "ssh-public")),
    "from_der": (lambda data: Key.from_der(data, alg="RSA-OAEP"), "der-"),
    "from_pkcs12": (lambda data: Key.from_pkcs12(data, alg="RSA-OAEP", password="p"), "pkcs12"),
    "from_jwk": (Key.from_jwk, "j"),
    "from_jwks": (KeySet.from_jwks, "j"),
    "from_certificate": (lambda data: Key.from_certificate(data, alg="RSA-OAEP"), "x"),
}


def foreign_to(own):
    """The mistakes that a loader does not read itself, and has no reason of its own for."""
    kinds = {name: classify(data).kind for name, (data, _) in TABLE.items()}
    return [
        name
        for name, kind in kinds.items()
        if not kind.startswith(own) and kind not in {"text", "unknown"}
    ]


FOREIGN = {loader: foreign_to(own) for loader, (_, own) in LOADS.items()}


def test_most_mistakes_are_told_by_every_loader():
    assert sum(map(len, FOREIGN.values())) > 0.8 * len(LOADS) * len(TABLE)


def says(load, data, text):
    """Tell whether a loader refuses what is not its own and says what it is."""
    try:
        load(data)
    except InvalidKeyError as error:
        # A JSON loader tells what it wanted as well.
        return text in str(error)
    return classify(data).kind in {"pem-certificate", "der-certificate"}


@pytest.mark.parametrize("loader", LOADS)
def test_every_loader_says_it(loader):
    load, _ = LOADS[loader]
    assert [name for name in FOREIGN[loader] if not says(load, *TABLE[name])] == []


def keys_that_end_in(byte):
    """DER of which the last byte is one that text tools take for white space."""
    for scalar in range(1, 4000):
        private = ec.derive_private_key(scalar, ec.SECP256R1())
        spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if spki[-1] == byte:
            return spki
    raise AssertionError(byte)


@pytest.mark.parametrize("byte", b" \t\n\r\x0b\x0c")
def test_der_that_ends_in_a_byte_of_white_space_is_whole(byte):
    data = keys_that_end_in(byte)
    assert (classify(data).kind, explain_key(data).loader) == ("der-spki", "Key.from_der")
    assert classify(data[:-1]).kind == "der-cut"
    assert Key.from_der(data, alg="ES256").alg == "ES256"
    assert classify(base64.b64encode(data)).kind == "base64-of-der"


@each_row("name", TABLE)
def test_no_byte_of_the_key_is_in_an_explanation(name):
    data, text = TABLE[name]
    told = explain_key(data)
    assert f"{told.sentence}: {told.remedy}" == text
    assert not told.loader or told.is_key
    shown = repr(told)
    for size in (12,):
        for at in range(0, len(data) - size, 7):
            piece = data[at : at + size]
            assert piece.decode("latin-1") not in shown or piece.startswith(b"-") or b" " in piece


@each_row("kind", MISTAKES)
def test_text_of_a_kind_is_plain_and_short(kind):
    sentence, remedy = MISTAKES[kind]
    assert (sentence + remedy).isascii()
    assert len(sentence) + len(remedy) < 200
    for weaker in ("dual_use", "legacy", "any_kid"):
        assert weaker not in sentence + remedy


def test_every_prefix_of_a_key_is_classified():
    for data in (private(), private(Encoding.DER), JWK, P12):
        for end in range(0, len(data), 17):
            assert classify(data[:end]).kind in MISTAKES


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"text", JWK, CERT_DER, block(b"DH PARAMETERS"), block(b"OTHER")),
        private(form=TRADITIONAL, protection=BestAvailableEncryption(b"p")),
    ],
)
def test_content_is_that_of_a_block_with_a_known_body(data):
    assert content(data) == b""
    assert content(CERT_PEM) == CERT_DER


@pytest.mark.parametrize("label", ["CERTIFICATE", "PUBLIC KEY", "PRIVATE KEY", "EC PARAMETERS"])
def test_block_that_only_ends_before_it_begins_is_refused_by_every_loader(label):
    data = f"-----END {label}-----\n-----BEGIN {label}-----\nMAA=\n".encode()
    loaders = [load for load, _ in LOADS.values()]
    loaders.append(lambda data: Key.from_bytes(data, alg="HS256"))
    for load in loaders:
        with pytest.raises(InvalidKeyError):
            load(data)
    assert classify(data).kind == "pem-cut"
    assert content(data) == b""


def test_block_with_a_line_of_an_end_before_it_is_read():
    data = b"-----END CERTIFICATE-----\n" + public()
    assert classify(data).kind == "pem-public"
    assert content(data) == public(Encoding.DER)


def block(body):
    return b"-----BEGIN PUBLIC KEY-----\n" + body + b"\n-----END PUBLIC KEY-----\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"0a" * 100_000, "hex"),
        (b"0a " * 100_000, "hex"),
        (b"0a:" * 100_000, "hex"),
        (b"ey" + b".a" * 100_000, "token-part"),
        (b"A\n" * 100_000, "base64"),
        (b"%41b" * 100_000, "url-encoded"),
        (block((b"00" * 32 + b"\n") * 3_000), "pem-content"),
        (block(b"0\n" * 100_000), "pem-content"),
    ],
    ids=["hex", "spaces", "colons", "dots", "lines", "percent signs", "block", "block of lines"],
)
def test_memory_is_not_a_multiple_of_the_bytes(text, kind):
    """An engine that keeps each repetition of a group would take a hundred times as much."""
    tracemalloc.start()
    try:
        found = classify(text).kind
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == kind
    assert peak < 8 * len(text)
