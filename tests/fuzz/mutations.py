"""Damage to the bytes of a file: valid bytes and a seeded generator → other bytes, and the name of what was done."""

import random
from collections.abc import Callable

_LONGEST = 4_096  # bytes that one mutation moves, cuts or repeats


def _flip(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 8)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def _cut(content: bytearray, chance: random.Random) -> None:
    start, length = _span(content, chance)
    del content[start : start + length]


def _truncate(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content)) :]


def _insert(content: bytearray, chance: random.Random) -> None:
    start, length = _span(content, chance)
    content[start:start] = chance.randbytes(length)


def _repeat(content: bytearray, chance: random.Random) -> None:
    start, length = _span(content, chance)
    content[start:start] = content[start : start + length]


def _swap(content: bytearray, chance: random.Random) -> None:
    one, length = _span(content, chance)
    other = chance.randrange(len(content) - length + 1)
    content[one : one + length], content[other : other + length] = (
        content[other : other + length],
        content[one : one + length],
    )


def _zero(content: bytearray, chance: random.Random) -> None:
    start, length = _span(content, chance)
    content[start : start + length] = bytes(length)


def _span(content: bytearray, chance: random.Random) -> tuple[int, int]:
    """Where a stretch begins, and its length: short ones as often as long ones."""
    length = min(len(content), 1 << chance.randint(0, _LONGEST.bit_length() - 1))
    return chance.randrange(len(content) - length + 1), length


MUTATIONS: dict[str, Callable[[bytearray, random.Random], None]] = {
    "flip": _flip,
    "cut": _cut,
    "truncate": _truncate,
    "insert": _insert,
    "repeat": _repeat,
    "swap": _swap,
    "zero": _zero,
}


def mutated(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    """Other bytes, by one of the mutations; half of them strike the last bytes, where Parquet keeps its schema."""
    kind = chance.choice(list(MUTATIONS))
    head, tail = content, b""
    if chance.random() < 0.5:
        head, tail = content[: len(content) // 2], content[len(content) // 2 :]
    target = bytearray(tail or head)
    if not target:
        return chance.randbytes(16), "insert"
    MUTATIONS[kind](target, chance)
    return (bytes(head + target) if tail else bytes(target)), kind
