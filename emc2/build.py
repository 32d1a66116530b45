"""Composes the floors below: sources, then a run, then what the build tells."""

import time
from pathlib import Path

from emc2.console import Display, messages
from generators.world import World, generate
from pipelines.lock import held
from pipelines.manifest import Manifest, Stage, read_manifest
from pipelines.run import Run, run
from pipelines.workers import processes
from schema.configuration import Configuration
from schema.errors import MissingStage, SettingsError
from schema.layout import Workspace

DEMO = "demo"


def generate_sources(
    workspace: Workspace, configuration: Configuration, seed: int, workers: int, show: Display
) -> None:
    """Write the sources and the truth, unless they are there; refuses a workspace that holds another world."""
    with held(workspace):
        manifest = _manifest_for(workspace, configuration)
        started = time.monotonic()
        with processes(workers, 1) as pool:
            tables = generate(
                World(configuration, seed), workspace.root, pool, lambda done, of: show.progress("generate", done, of)
            )
        rows, size = sum(t.rows for t in tables), sum(t.bytes for t in tables)
        content = {f"{t.source}/{t.folder}": t.rows for t in tables} | configuration.as_json()
        stage = Stage("sources", {}, rows, size, time.monotonic() - started, content)
        if "sources" not in manifest.stages or manifest.stages["sources"].id != stage.id:
            manifest.record(stage)
            manifest.save(workspace)
        show.report(manifest.stages["sources"])


def run_pipeline(workspace: Workspace, keyrings: Path | None, workers: int, show: Display) -> Manifest:
    """Bring the warehouse up to date with the sources."""
    if keyrings is None:
        messages.print("Keys: the published demo keyring. It protects nothing; --keyring DIR draws a secret one.")
    with held(workspace):
        manifest = read_manifest(workspace)
        run(Run(workspace, keyrings, workers, show.progress, show.report), manifest)
        return manifest


def _manifest_for(workspace: Workspace, configuration: Configuration) -> Manifest:
    try:
        manifest = read_manifest(workspace)
    except MissingStage:
        return Manifest(configuration)
    if manifest.configuration != configuration:
        said = manifest.configuration
        raise SettingsError(
            f"{workspace.root} holds {said.persons:,} persons of {said.first_year} to {said.last_year}: "
            "name another --workspace, or ask for the same."
        )
    return manifest
