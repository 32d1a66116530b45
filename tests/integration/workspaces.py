"""Workspaces for tests: built through the same functions as the command line, and hashed as a whole."""

import hashlib
import subprocess
import sys
from pathlib import Path

from generators.world import World, generate
from pipelines.keys import Keyrings
from pipelines.lock import held
from pipelines.manifest import Manifest, Stage, read_manifest
from pipelines.run import Run, run
from pipelines.workers import processes
from schema.configuration import Configuration
from schema.layout import Workspace

ROOT = Path(__file__).parents[2]
SMALL = Configuration(9_000)  # three blocks, two buckets
SEED = 7


def make_sources(root: Path, *, seed: int = SEED, configuration: Configuration = SMALL, workers: int = 2) -> Workspace:
    """Sources, truth and a manifest that names them."""
    workspace = Workspace(root)
    root.mkdir(parents=True, exist_ok=True)
    with processes(workers, 1) as pool:
        tables = generate(World(configuration, seed), root, pool, lambda done, of: None)
    content = {f"{t.source}/{t.folder}": t.rows for t in tables} | configuration.as_json()
    manifest = Manifest(configuration)
    manifest.record(Stage("sources", {}, sum(t.rows for t in tables), 0, 0.0, content))
    manifest.save(workspace)
    return workspace


def run_all(workspace: Workspace, keyrings: Keyrings | None = None, workers: int = 2) -> list[str]:
    """Run the pipeline; returns the names of the stages that were worked on."""
    done: list[str] = []
    with held(workspace):
        run(
            Run(workspace, keyrings or Keyrings(), workers, lambda *_: None, lambda stage: done.append(stage.name)),
            read_manifest(workspace),
        )
    return done


def hashes(folder: Path, pattern: str = "**/*.parquet") -> dict[str, str]:
    """SHA-256 of every file below a folder, by relative path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob(pattern))
    }


def emc2(*arguments: str, cwd: Path, **options: object) -> "subprocess.CompletedProcess[str]":
    """The command as a user runs it, in a process of its own."""
    command = [sys.executable, "-c", "from emc2.cli import main; main()", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(cwd), "COLUMNS": "200"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300)
