"""What a workspace holds, as every floor may know it: a synthetic world as asked for, or an imported extract.

The seed is not here: it opens the truth, so only the generators and the sealed manifests hold it.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from schema.errors import SettingsError

BLOCK_PERSONS = 4_096  # whole households; one Parquet part a block
FIRST_YEAR, LAST_YEAR = 2010, 2019  # years that the population and code tables describe
MAX_PERSONS = 10_000_000  # beyond it the civil register runs out of order numbers


@dataclass(frozen=True)
class Configuration:
    """Persons and calendar of a workspace; `years` calendar years from 1 January of `first_year`.

    In a `clean` world no source mistakes an identity; all else is as in the other.
    """

    persons: int
    first_year: int = 2017
    years: int = 3
    clean: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.persons <= MAX_PERSONS:
            raise SettingsError(f"--persons must lie between 1 and {MAX_PERSONS:,}.")
        if self.years < 1 or self.first_year < FIRST_YEAR or self.last_year > LAST_YEAR:
            raise SettingsError(f"--from and --years must stay within {FIRST_YEAR} to {LAST_YEAR}.")

    @property
    def last_year(self) -> int:
        return self.first_year + self.years - 1

    @property
    def start(self) -> date:
        """First day of the calendar, inclusive."""
        return date(self.first_year, 1, 1)

    @property
    def end(self) -> date:
        """Last day of the calendar, inclusive; also the extraction date."""
        return date(self.last_year, 12, 31)

    @property
    def has_claim_key(self) -> bool:
        """Whether the key of a claim line tells it from every other."""
        return True

    @property
    def n_blocks(self) -> int:
        return -(-self.persons // BLOCK_PERSONS)

    @property
    def exit_years(self) -> range:
        """Years of which a PMSI set exists."""
        return range(self.first_year, self.last_year + 1)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Extraction:
    """An extract of the SNDS that was imported: until when care is known, and of which years a PMSI set exists.

    `key_lacks` names the columns of the nine-column key of claims that some file does not have.
    """

    extraction_date: date
    exit_years: tuple[int, ...]
    key_lacks: tuple[str, ...] = ()

    @property
    def end(self) -> date:
        """Last day of the calendar, inclusive."""
        return self.extraction_date

    @property
    def has_claim_key(self) -> bool:
        """Whether the key of a claim line tells it from every other."""
        return not self.key_lacks

    def as_json(self) -> dict[str, Any]:
        return {
            "extraction_date": self.extraction_date.isoformat(),
            "exit_years": list(self.exit_years),
            "key_lacks": list(self.key_lacks),
        }


def configuration_from_json(content: dict[str, Any]) -> Configuration | Extraction:
    """What `as_json` of either wrote."""
    if "extraction_date" in content:
        last = date.fromisoformat(content["extraction_date"])
        return Extraction(last, tuple(map(int, content["exit_years"])), tuple(map(str, content["key_lacks"])))
    return Configuration(**content)
