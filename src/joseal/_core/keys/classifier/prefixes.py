"""The beginnings of texts that are passed as a key by mistake, and the kinds of these texts.

Source: the documentation of each format.
"""

from typing import Final

# The beginnings of texts, and their kinds; case does not matter.
PREFIXES: Final = (
    (b"sk-ssh-", "ssh-hardware"),
    (b"sk-ecdsa-", "ssh-hardware"),
    (b"ssh-rsa-cert-", "ssh-certificate"),
    (b"ssh-ed25519-cert-", "ssh-certificate"),
    (b"ssh-rsa ", "ssh-public"),
    (b"ssh-ed25519 ", "ssh-public"),
    (b"ssh-dss ", "ssh-dsa"),
    *((f"ecdsa-sha2-nistp{size} ".encode(), "ssh-public") for size in (256, 384, 521)),
    *((f"ecdsa-sha2-nistp{size}-cert-".encode(), "ssh-certificate") for size in (256, 384, 521)),
    (b"---- BEGIN SSH2 PUBLIC KEY", "ssh2"),
    (b"PuTTY-User-Key-File-", "putty"),
    (b"AGE-SECRET-KEY-", "age"),
    (b"age1", "age"),
    (b"# created:", "age"),
    (b"untrusted comment:", "minisign"),
    *((f"k{version}.".encode(), "paserk") for version in range(1, 5)),
    *(
        (f"v{version}.{form}.".encode(), "paseto")
        for version in range(1, 5)
        for form in ("local", "public")
    ),
    (b"<RSAKeyValue", "xml-rsa"),
    (b"<!doctype html", "html"),
    (b"<html", "html"),
    (b"<head", "html"),
    (b"<body", "html"),
    (b"<?xml", "xml"),
    (b"<md:", "xml"),
    (b"<ds:", "xml"),
    (b"<KeyInfo", "xml"),
    (b"<EntityDescriptor", "xml"),
    (b"<X509", "xml"),
    (b"http://", "url"),
    (b"https://", "url"),
    (b"file://", "url"),
    (b"s3://", "url"),
    (b"gs://", "url"),
    (b"data:", "data-url"),
    (b"pkcs11:", "pkcs11-uri"),
    (b"arn:aws", "arn"),
    (b"vault:", "vault"),
    (b"hvs.", "vault"),
    (b"projects/", "gcp"),
    (b"gcp-kms://", "gcp"),
    (b"aws-kms://", "arn"),
    (b"op://", "secret-reference"),
    (b"azurekms://", "secret-reference"),
    (b"@Microsoft.KeyVault", "secret-reference"),
    (b"$ANSIBLE_VAULT", "ansible-vault"),
    (b"ENC[", "sops"),
    (b"U2FsdGVkX1", "openssl-enc"),
    (b"SHA256:", "fingerprint"),
    (b"SHA256 Fingerprint=", "fingerprint"),
    (b"SHA1 Fingerprint=", "fingerprint"),
    (b"MD5:", "fingerprint"),
    (b"export ", "assignment"),
)
