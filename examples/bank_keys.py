"""The keys, once for each process."""

from joseal import Key
from my_bank import MY_BANK

bank = Key.from_env("BANK_CERTIFICATE", alg="RSA-OAEP-256", kid="bank-2026")
mine = Key.from_env("PRIVATE_KEY", alg="RSA-OAEP-256", kid="mine-2026")
encrypter = MY_BANK.encrypter(bank)
decrypter = MY_BANK.decrypter(mine)
