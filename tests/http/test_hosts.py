"""Which texts are hosts."""

import socket

import pytest

from joseal._http import deadline
from joseal._http.hosts import is_host

LONGEST = ".".join(["a" * 61] * 4)


HOSTS = ["a", "a.example", "a.example.", "127.0.0.1", "a" * 63 + ".example", LONGEST]
HOSTS += ["[::1]", "[2001:db8::1]", "[::ffff:192.0.2.1]"]
OTHERS = ["", ".", "a..b", ".a", "a" * 64, "a" * 64 + ".example", f"{LONGEST}.example"]
OTHERS += ["[", "[]", "[::::]", "[::1", "[1.2.3.4]", "[::1::]", "[12345::]", "[::1]]"]


@pytest.mark.parametrize("host", HOSTS)
def test_names_and_addresses_are_hosts(host):
    assert is_host(host)


@pytest.mark.parametrize("host", OTHERS)
def test_what_no_resolver_takes_is_not_a_host(host):
    assert not is_host(host)


def test_name_that_idna_can_not_carry_has_no_address_and_says_nothing(capfd):
    with pytest.raises(socket.gaierror):
        deadline.addresses("a..b", 443, 5.0)
    assert capfd.readouterr() == ("", "")
