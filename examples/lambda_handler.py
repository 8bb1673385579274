"""An AWS Lambda function behind an HTTP API that takes encrypted requests."""

import base64
import json

from joseal import Decrypter, Key, TokenError

# Outside the handler: once for each instance.
mine = Key.from_env("PRIVATE_KEY", alg="RSA-OAEP-256", kid="mine-2026")
decrypter = Decrypter(mine, enc="A256GCM")


def handler(event, context):
    body = event["body"]
    token = base64.b64decode(body) if event.get("isBase64Encoded") else body
    try:
        payment = json.loads(decrypter.decrypt(token))
    except TokenError as error:
        print(json.dumps({"refused": error.code}))  # a log line; no text of the token
        return {"statusCode": 400, "body": "{}"}
    return {"statusCode": 200, "body": json.dumps({"order": payment["order"]})}
