"""The cipher suites of TLS 1.2 that sotto knows, with their code points and what their names say."""

import json
import re

from .processes import output_of
from .sotto import SOTTO


def _codes():
    """The code points, which OpenSSL lists beside the RFCs' names: "0xC0,0x2B - TLS_ECDHE_..." """
    listing = output_of("openssl", "ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    return {name: code[2:4] + code[7:9] for code, name in re.findall(r"(0x..,0x..) - (TLS_\S+)", listing)}


CODES = _codes()
KNOWN = tuple(json.loads(output_of(SOTTO, "policy", "--json", "legacy"))["cipher_suites"])
SUITES12 = tuple(suite for suite in KNOWN if "_WITH_" in suite)


def key_exchange(suite):
    """RSA, DHE or ECDHE."""
    return suite.split("_")[1]


def authentication(suite):
    """RSA or ECDSA."""
    return "ECDSA" if "_ECDSA_" in suite else "RSA"


def key_kind(suite):
    """The kind of key, as the test authority calls it, that a server needs for a suite."""
    return "ecdsa_p256" if authentication(suite) == "ECDSA" else "rsa"


def bits(suite):
    return 128 if "_AES_128_" in suite else 256
