"""The common manifest: configuration, versions, and of each stage its inputs, rows, bytes and seconds.

It holds no seed and no hash of an identifying table: those would let anyone check a guess. A stage names the ids of
the stages it was made from; it is stale when one of them has another id now.
"""

import hashlib
import json
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from pipelines.ledger import tally_from_json
from schema.configuration import Configuration, Extraction, configuration_from_json
from schema.errors import MissingStage, SchemaViolation
from schema.layout import SYNTHETIC, Workspace

FORMAT_VERSION = 1
_VERSIONS = ("polars", "duckdb", "pyarrow", "numpy", "faker", "cryptography", "sqlalchemy")


@dataclass(frozen=True)
class Stage:
    """One stage as it stands; `content` is what its id is computed from."""

    name: str
    inputs: dict[str, str]
    rows: int
    bytes: int
    seconds: float
    content: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        text = json.dumps([self.name, self.inputs, self.rows, self.content], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass
class Manifest:
    """What `manifest.json` says; `save` replaces it in one rename."""

    configuration: Configuration | Extraction
    keyring: str = ""
    delivery: int = 0
    stages: dict[str, Stage] = field(default_factory=dict)

    def is_current(self, name: str, *inputs: str) -> bool:
        """Whether the stage exists and its inputs are those that stand now."""
        stage = self.stages.get(name)
        return stage is not None and all(
            other in self.stages and stage.inputs.get(other) == self.stages[other].id for other in inputs
        )

    def record(self, stage: Stage) -> None:
        self.stages[stage.name] = stage

    def ids(self, *names: str) -> dict[str, str]:
        return {name: self.stages[name].id for name in names}

    def save(self, workspace: Workspace) -> None:
        content = {
            "format": FORMAT_VERSION,
            "notice": SYNTHETIC,
            "configuration": self.configuration.as_json(),
            "versions": {name: version(name) for name in _VERSIONS},
            "keyring": self.keyring,
            "delivery": self.delivery,
            "stages": {name: vars(stage) for name, stage in self.stages.items()},
        }
        beside = workspace.manifest.with_suffix(".next")
        beside.write_text(json.dumps(content, indent=1), encoding="utf-8")
        beside.replace(workspace.manifest)


def _stage(said: dict[str, Any]) -> Stage:
    """A stage as it was written; TypeError where something is of another type."""
    stage = Stage(**said)
    kinds = {"name": str, "inputs": dict, "rows": int, "bytes": int, "seconds": int | float, "content": dict}
    if not all(isinstance(getattr(stage, name), kind) for name, kind in kinds.items()):
        raise TypeError
    if stage.name in ("buckets", "star"):
        for amount in stage.content.values():
            if isinstance(amount, dict):
                tally_from_json({"rows": amount["rows"], "cents": amount["sums" if stage.name == "star" else "cents"]})
            elif stage.name == "star":
                raise TypeError
    return stage


def read_manifest(workspace: Workspace) -> Manifest:
    """The workspace's manifest; MissingStage if there is none, SchemaViolation if it cannot be understood."""
    try:
        content = json.loads(workspace.manifest.read_text(encoding="utf-8"))
        if not isinstance(content["format"], int):
            raise TypeError
        if content["format"] != FORMAT_VERSION:
            raise SchemaViolation(
                f"{workspace.manifest} has format {content['format']}, this program reads {FORMAT_VERSION}: "
                "build a new workspace."
            )
        stages = {name: _stage(stage) for name, stage in content["stages"].items()}
        configuration = configuration_from_json(content["configuration"])
        return Manifest(configuration, content["keyring"], content["delivery"], stages)
    except FileNotFoundError:
        raise MissingStage(f"{workspace.root} is no workspace: run `emc2 build`, or name one by --workspace.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SchemaViolation(f"{workspace.manifest} cannot be read: build a new workspace.") from None
