"""Where each thing lies in a workspace, and who the parties are. The folder names are part of the contract."""

from dataclasses import dataclass
from pathlib import Path

HOSPITALS = ("hospital_1", "hospital_2", "hospital_3", "hospital_4")
SOURCES = (*HOSPITALS, "funds", "snds")
PARTIES = (*SOURCES, "custodian", "hub")
MAIL: dict[str, tuple[str, ...]] = {  # who writes to whom; nothing else crosses between parties
    **dict.fromkeys(HOSPITALS, ("custodian", "hub")),
    "funds": ("custodian", "snds"),
    "snds": ("custodian", "hub"),
    "custodian": ("hub",),
    "hub": (),
}
SYNTHETIC = (
    "All data are synthetic: no real person, hospital or effect. Planted effects are no evidence about any medicine."
)
KEYRINGS = "emc2-keys"  # beside the workspace, never in it
WORKSPACE = "emc2-data"


def part_name(number: int) -> str:
    return f"part-{number:05d}.parquet"


def parts(directory: Path) -> list[Path]:
    """Parts of one table, whatever their numbers: past the sources a part number means nothing."""
    return sorted(directory.glob("part-*.parquet"))


@dataclass(frozen=True)
class Workspace:
    """Paths of a workspace. Creates and opens nothing."""

    root: Path

    @property
    def manifest(self) -> Path:
        """Sizes, configuration, versions, row counts, SHA-256 of the star; no seed, no hash of identities."""
        return self.root / "manifest.json"

    @property
    def lock(self) -> Path:
        return self.root / ".lock"

    @property
    def sources(self) -> Path:
        return self.root / "sources"

    @property
    def truth(self) -> Path:
        return self.root / "truth"

    @property
    def post(self) -> Path:
        return self.root / "post"

    @property
    def custodian(self) -> Path:
        return self.root / "custodian"

    @property
    def hub(self) -> Path:
        return self.root / "hub"

    @property
    def star(self) -> Path:
        return self.hub / "star"

    @property
    def warehouse(self) -> Path:
        return self.hub / "warehouse.duckdb"

    def source(self, name: str) -> Path:
        return self.sources / name

    def home(self, party: str) -> Path:
        """The one directory that a party opens."""
        return self.source(party) if party in SOURCES else self.root / party

    def is_workspace(self) -> bool:
        return self.manifest.is_file()


def default_workspace(here: Path) -> Workspace:
    """The folder itself if it is a workspace, else `emc2-data` in it."""
    return Workspace(here) if Workspace(here).is_workspace() else Workspace(here / WORKSPACE)
