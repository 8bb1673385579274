"""A Flask service that sends encrypted payments to a bank."""

import json
import os

import requests
from flask import Flask, request
from joseal import Key, TokenError
from my_bank import MY_BANK

# Once for the process: threads may share all of these.
bank = Key.from_env("BANK_CERTIFICATE", alg="RSA-OAEP-256", kid="bank-2026")
mine = Key.from_env("PRIVATE_KEY", alg="RSA-OAEP-256", kid="mine-2026")
encrypter = MY_BANK.encrypter(bank)
decrypter = MY_BANK.decrypter(mine)

app = Flask(__name__)


@app.post("/payments")
def pay():
    body = encrypter.encrypt(json.dumps(request.get_json()).encode())
    headers = {"Content-Type": "application/json"}
    answer = requests.post(os.environ["BANK_URL"], data=body, headers=headers, timeout=10)
    answer.raise_for_status()
    try:
        return json.loads(decrypter.decrypt(answer.content))
    except TokenError as error:
        app.logger.error("the bank's answer was refused: %s", error.code)
        return {"error": "bad gateway"}, 502
