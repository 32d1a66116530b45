"""What a build will cost, from recorded rates, and whether the disk can hold it.

Rates: `benchmarks/build.py`, result in `benchmarks/build.json` (2 cores; 2017–2019). They are linear in person-years.
"""

import shutil
from dataclasses import dataclass

from schema.configuration import Configuration
from schema.errors import StorageFull
from schema.layout import Workspace

SOURCE_ROWS_PER_PERSON_YEAR = 48.0
BYTES_PER_PERSON_YEAR = 3_400.0  # all that stays: sources, truth, buckets, star, warehouse
PEAK_BYTES_PER_PERSON_YEAR = 5_500.0  # with letters, scratch and the new warehouse beside the old while a run is on
CPU_SECONDS_PER_PERSON_YEAR = 0.00034
START_SECONDS = 10.0  # processes and imports, whatever the size


@dataclass(frozen=True)
class Expectation:
    """Expected rows of the sources, bytes kept, and minutes."""

    rows: int
    bytes: int
    minutes: float

    def sentence(self) -> str:
        return (
            f"Expected: {self.rows:,} source rows, {self.bytes / 1e6:,.0f} MB on disk, "
            f"about {self.minutes:.1f} minutes (recorded rates)."
        )


def expect(configuration: Configuration, workers: int) -> Expectation:
    person_years = configuration.persons * configuration.years
    return Expectation(
        round(person_years * SOURCE_ROWS_PER_PERSON_YEAR),
        round(person_years * BYTES_PER_PERSON_YEAR),
        (person_years * CPU_SECONDS_PER_PERSON_YEAR / workers + START_SECONDS) / 60,
    )


def check_disk(configuration: Configuration, workspace: Workspace) -> None:
    """Refuse before anything is written if the disk cannot hold the peak."""
    folder = next(path for path in (workspace.root, *workspace.root.parents) if path.is_dir())
    needed = configuration.persons * configuration.years * PEAK_BYTES_PER_PERSON_YEAR
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StorageFull(
            f"This build needs about {needed / 1e6:,.0f} MB and the disk has {free / 1e6:,.0f} MB free: "
            "ask for fewer --persons, or name a --workspace on another disk."
        )
