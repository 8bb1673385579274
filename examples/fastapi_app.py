"""A FastAPI service that sends encrypted payments to a bank."""

import json
import os

import httpx
from fastapi import FastAPI, HTTPException
from joseal import Key, TokenError
from my_bank import MY_BANK

# Once for the process: tasks and threads may share all of these.
bank = Key.from_env("BANK_CERTIFICATE", alg="RSA-OAEP-256", kid="bank-2026")
mine = Key.from_env("PRIVATE_KEY", alg="RSA-OAEP-256", kid="mine-2026")
encrypter = MY_BANK.encrypter(bank)
decrypter = MY_BANK.decrypter(mine)

app = FastAPI()


@app.post("/payments")
async def pay(payment: dict[str, str]) -> dict[str, str]:
    body = encrypter.encrypt(json.dumps(payment).encode())
    headers = {"Content-Type": "application/json"}
    async with httpx.AsyncClient(timeout=10) as client:
        answer = await client.post(os.environ["BANK_URL"], content=body, headers=headers)
    answer.raise_for_status()
    try:
        return json.loads(decrypter.decrypt(answer.content))
    except TokenError as error:
        raise HTTPException(502, f"the bank's answer was refused: {error.code}") from None
