"""Which persons become one: merges wanted, one after the other → a map from a person to the one she is now.

The custodian never makes one of two persons whom any source holds apart. Of two that merge the older stays.
"""

from collections.abc import Iterable

Entity = tuple[str, int]  # a source, and its matching id of a person


class Merging:
    """Persons touched by a merge wanted in this delivery: what they are now, and whose records they have."""

    def __init__(self, first_delivery: dict[bytes, int], records: Iterable[tuple[bytes, str, int]]) -> None:
        """`first_delivery` by person, absent for one new now; `records` are (person, source, idacc)."""
        self.first_delivery = first_delivery
        self.now: dict[bytes, bytes] = {}
        self.records: dict[bytes, set[Entity]] = {}
        for person, source, idacc in records:
            self.records.setdefault(person, set()).add((source, idacc))

    def current(self, person: bytes) -> bytes:
        """The person that she is now."""
        while person in self.now:
            person = self.now[person]
        return person

    def apart(self, one: bytes, other: bytes) -> bool:
        """Whether a source holds the two for different persons."""
        here, there = self.records.get(one, set()), self.records.get(other, set())
        return any(a[0] == b[0] and a != b for a in here for b in there)

    def merge(self, one: bytes, other: bytes) -> bytes:
        """Make one person of two: the older, or `one` where both are as old; returns her."""
        unknown = max(self.first_delivery.values(), default=0) + 1
        stays, goes = sorted((one, other), key=lambda person: self.first_delivery.get(person, unknown))
        self.now[goes] = stays
        self.records[stays] = self.records.get(stays, set()) | self.records.pop(goes, set())
        return stays
