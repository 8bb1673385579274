"""Celery tasks whose arguments are encrypted on the broker."""

import json
import os

from celery import Celery
from joseal import Decrypter, Encrypter, Key

app = Celery("payments", broker=os.environ.get("BROKER_URL", "memory://"))

# To enqueue a task, only the public half is needed.
queue_key = Key.from_env("QUEUE_PUBLIC_KEY", alg="ECDH-ES+A256KW", kid="queue-2026")
encrypter = Encrypter(queue_key, enc="A256GCM")


def enqueue(payment):
    return send.delay(encrypter.encrypt(json.dumps(payment).encode()))


_decrypters = {}


def decrypter():
    """Load the private key in the worker, when it is first needed."""
    if not _decrypters:
        mine = Key.from_env("QUEUE_PRIVATE_KEY", alg="ECDH-ES+A256KW", kid="queue-2026")
        _decrypters["mine"] = Decrypter(mine, enc="A256GCM")
    return _decrypters["mine"]


@app.task
def send(token):
    payment = json.loads(decrypter().decrypt(token))
    return {"order": payment["order"], "last4": payment["card"][-4:]}
