"""Composes the floors below: sources, then a run, then what the build tells."""

import time
from collections.abc import Callable

from emc2.console import Display, messages
from generators.world import World, generate
from pipelines.account import write_account
from pipelines.keys import Keyrings
from pipelines.lock import held
from pipelines.manifest import Manifest, Stage, read_manifest
from pipelines.run import Run, run
from pipelines.workers import processes
from schema.configuration import Configuration, Extraction
from schema.errors import MissingStage, SettingsError
from schema.layout import Workspace


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


def run_pipeline(workspace: Workspace, ask_keyrings: Callable[[], Keyrings], workers: int, show: Display) -> None:
    """Bring the warehouse up to date with the sources; keyrings are asked for where they are needed."""
    manifest = read_manifest(workspace)  # refuse a folder that is no workspace before anything is made in it
    if isinstance(manifest.configuration, Extraction):
        keyrings = Keyrings()
        messages.print("Keys: an import draws its own and keeps them nowhere.")
    elif (keyrings := ask_keyrings()).folder is None:
        messages.print(
            "Keys: the published demo keyrings. They protect nothing; `emc2 keys ceremony` deals secret ones."
        )
    done: list[str] = []

    def report(stage: Stage) -> None:
        done.append(stage.name)
        show.report(stage)

    with held(workspace):
        run(Run(workspace, keyrings, workers, show.progress, report), manifest := read_manifest(workspace))
        if isinstance(manifest.configuration, Extraction):
            write_account(workspace, manifest)
    if not done:
        messages.print("Everything is current: nothing to do.")


def _manifest_for(workspace: Workspace, configuration: Configuration) -> Manifest:
    try:
        manifest = read_manifest(workspace)
    except MissingStage:
        return Manifest(configuration)
    said = manifest.configuration
    if isinstance(said, Extraction):
        raise SettingsError(f"{workspace.root} holds an imported extract: name another --workspace to build in.")
    if said != configuration:
        raise SettingsError(
            f"{workspace.root} holds {said.persons:,} persons of {said.first_year} to {said.last_year}"
            f"{', clean' if said.clean else ''}: name another --workspace, or ask for the same."
        )
    return manifest
