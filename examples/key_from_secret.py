"""The private key from AWS Secrets Manager."""

from joseal import Key


def load(secret_id):
    import boto3

    secret = boto3.client("secretsmanager").get_secret_value(SecretId=secret_id)
    return Key.from_pem(secret["SecretString"], alg="RSA-OAEP-256", kid="mine-2026")
