"""The outline of DER: ITU-T X.690."""

from tests.helpers import der as asn1

from joseal._core.keys.classifier import der


def outer(data):
    return der.element(data, 0, len(data))


def test_elements_are_counted_up_to_a_bound():
    """Work is bounded: no outline that is known has as many."""
    for count, read in ((63, 63), (64, 64), (65, 64), (1000, 64)):
        data = asn1.sequence(*[asn1.integer(1)] * count)
        assert len(list(der.elements(data, outer(data)))) == read


def test_elements_end_with_the_first_that_is_not_whole():
    data = asn1.sequence(asn1.integer(1), b"\2\5x")
    assert len(list(der.elements(data, outer(data)))) == 1
    assert len(list(der.elements(data[:4], outer(data)))) == 0


def test_sequence_that_begins_with_a_sequence_is_of_a_known_outline_or_none():
    first, bits = asn1.sequence(asn1.oid(asn1.RSA)), asn1.bits(b"x")
    assert der.kind(asn1.sequence(first, bits)) == "der-spki"
    assert der.kind(asn1.sequence(first, asn1.byte_string(b"x"))) == "der-pkcs8-encrypted"
    for further in ([], [first], [first, first], [bits, bits], [first, asn1.integer(1)]):
        assert der.kind(asn1.sequence(first, *further)) is None
