"""However a good token is changed, it is good no longer, and nothing breaks."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable

import pytest

from services.api.http.problems import InvalidToken
from tests.api.tokens.issuer import OwnIssuer, PrivateKey, ec_key, rsa_key

pytestmark = pytest.mark.server  # the issuer

MUTATIONS = 10_000
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
OTHERS = "+/=. \n\x00\"'%åé\u0435\uff21"


def replaced(chance: random.Random, token: str) -> str:
    at = chance.randrange(len(token))
    return token[:at] + chance.choice(ALPHABET) + token[at + 1 :]


def last_of_a_part(chance: random.Random, token: str) -> str:
    """Change the last letter of a part, some of whose bits say nothing."""
    parts = token.split(".")
    at = chance.randrange(len(parts))
    parts[at] = parts[at][:-1] + chance.choice(ALPHABET)
    return ".".join(parts)


def inserted(chance: random.Random, token: str) -> str:
    at = chance.randrange(len(token) + 1)
    return token[:at] + chance.choice(ALPHABET + OTHERS) + token[at:]


def deleted(chance: random.Random, token: str) -> str:
    at = chance.randrange(len(token))
    return token[:at] + token[at + chance.randint(1, 8) :]


def swapped(chance: random.Random, token: str) -> str:
    first, second = sorted(chance.sample(range(len(token)), 2))
    return token[:first] + token[second] + token[first + 1 : second] + token[first] + token[second + 1 :]


def parts_moved(chance: random.Random, token: str) -> str:
    return ".".join(chance.choices([*token.split("."), ""], k=chance.randint(1, 5)))


def cased(chance: random.Random, token: str) -> str:
    at = chance.randrange(len(token))
    return token[:at] + token[at:].swapcase()


def bit_of_a_part(chance: random.Random, token: str) -> str:
    """Change one bit of what a part holds."""
    parts = token.split(".")
    at = chance.randrange(3)
    content = bytearray(base64.urlsafe_b64decode(parts[at] + "=="))
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    parts[at] = base64.urlsafe_b64encode(content).rstrip(b"=").decode()
    return ".".join(parts)


def lengthened(chance: random.Random, token: str) -> str:
    return token + "".join(chance.choices(ALPHABET + OTHERS, k=chance.randint(1, 9000)))


CHANGES: list[Callable[[random.Random, str], str]] = [
    replaced,
    last_of_a_part,
    inserted,
    deleted,
    swapped,
    parts_moved,
    cased,
    lengthened,
]


@pytest.mark.parametrize("key", [rsa_key, ec_key])
async def test_no_mutation_of_a_good_token_is_accepted(issuer: OwnIssuer, key: Callable[[], PrivateKey]) -> None:
    chance, verifier = random.Random(17), issuer.verifier()
    token = issuer.sign(key=key())
    await verifier.find(token)
    tried = 0
    while tried < MUTATIONS // 2:
        mutation = chance.choice([*CHANGES, bit_of_a_part])(chance, token)
        for change in chance.choices(CHANGES, k=chance.randrange(3)):
            mutation = change(chance, mutation) if len(mutation) > 2 else mutation
        if mutation == token:
            continue
        tried += 1
        with pytest.raises(InvalidToken):
            await verifier.find(mutation)
    await verifier.find(token)
    assert issuer.times_read == 1
