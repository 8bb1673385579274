"""My bank's requirements: the profile that the examples use."""

from joseal.profiles import InMember, Kid, Profile, Receiving, Sending

MY_BANK = Profile(
    name="my-bank",
    about="Payments of my bank.",
    sources=("its manual, page 12",),
    send=Sending(algs=("RSA-OAEP-256",), enc="A256GCM", header=(Kid(),), envelope=InMember("jwe")),
    receive=Receiving(algs=("RSA-OAEP-256",), encs=("A256GCM",), envelope=InMember("jwe")),
    confirmed=True,
)
