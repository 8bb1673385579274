"""Decrypt tokens, one on each line, with a key that stays in AWS KMS.

    KMS_KEY=alias/bank python kms_decrypt.py < tokens.txt

The exit status is 75 (EX_TEMPFAIL) if a token could not be tried: try that line again later.
"""

import os
import sys

import boto3
from botocore.config import Config

from joseal import Decrypter, KeyUnavailableError, TokenError
from joseal.devices.aws import AwsKms

# Each try costs money, and a peer decides how many tokens there are.
CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"total_max_attempts": 1},
)


def open_all(decrypter, tokens):
    """Yield the number and the result of each line."""
    for number, token in enumerate(tokens, 1):
        try:
            plaintext = decrypter.decrypt(token.strip())
        except TokenError as error:
            yield number, f"refused: {error.code}"
        except KeyUnavailableError as error:
            yield number, f"not tried: {error}"
        else:
            yield number, f"opened: {len(plaintext)} bytes"


def main():
    kms = AwsKms(boto3.client("kms", config=CONFIG))
    mine = kms.load(key_id=os.environ["KMS_KEY"], alg="RSA-OAEP-256")
    waiting = False
    for number, outcome in open_all(Decrypter(mine, enc="A256GCM"), sys.stdin):
        print(number, outcome)
        waiting = waiting or outcome.startswith("not tried")
    return 75 if waiting else 0


if __name__ == "__main__":
    sys.exit(main())
