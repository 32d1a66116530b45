"""The conductor: brings every stage from the sources to the warehouse up to date, one process a party.

Stages: pseudonymise (letters of the six sources) → link (the custodian) → buckets (the hub's register and routing)
→ star → warehouse. What lies before the buckets lives in letters, so it starts again as a new delivery; the star and
the warehouse are rebuilt from the stage before. An imported extract has one source and no custodian: its step writes
to the hub alone. A stage appears by one rename, and is recorded after it: a kill at any moment leaves the old
warehouse whole, and the next run completes.
"""

import json
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.imported import import_send
from pipelines.ledger import Ledger, Tally, total
from pipelines.link import VAULT, confirm, link
from pipelines.load import is_whole, load
from pipelines.manifest import Manifest, Stage
from pipelines.register import REGISTER, confirm_numbering, fingerprint, read_register
from pipelines.route import COUNTS, DRUGS, bucket_schemas, n_buckets, read_counts, receive
from pipelines.send import funds_send, hospital_send, snds_send
from pipelines.star.build import Part, build_bucket, build_dimensions, code_keys
from pipelines.workers import processes
from schema.configuration import Configuration, Extraction
from schema.errors import MissingStage
from schema.layout import HOSPITALS, Workspace

Report = Callable[[Stage], None]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Run:
    """What a run needs: where, with which keys (None: the demo keys), with how many processes, and whom to tell."""

    workspace: Workspace
    keyrings: Path | None
    workers: int
    progress: Progress
    report: Report


def run(order: Run, manifest: Manifest) -> None:
    """Bring every stage up to date; stages that are current are left alone."""
    if "sources" not in manifest.stages or not order.workspace.sources.is_dir():
        raise MissingStage("The sources are absent: run `emc2 generate`, or `emc2 import` where they were imported.")
    sweep(order.workspace)
    if (order.workspace.custodian / VAULT).is_file():
        with processes(1, 1, fresh=True) as pool:
            pool.submit(confirm, "custodian", order.workspace.custodian, order.keyrings).result()
    if not has_buckets(order.workspace, manifest) or not manifest.is_current("buckets", "sources"):
        if isinstance(manifest.configuration, Extraction):
            _deliver_extract(order, manifest, manifest.configuration)
        else:
            _deliver(order, manifest, manifest.configuration)
    if not order.workspace.star.is_dir() or not manifest.is_current("star", "buckets"):
        _build_star(order, manifest)
    if not is_whole(order.workspace.warehouse) or not manifest.is_current("warehouse", "star"):
        _load(order, manifest)


def sweep(workspace: Workspace) -> None:
    """Remove what a killed run left half written."""
    shutil.rmtree(workspace.post, ignore_errors=True)
    for pattern in (".buckets-*", ".star-*", "*.next", "*.next.wal"):
        for path in workspace.hub.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in workspace.sources.glob("*/.scratch"):
        shutil.rmtree(path)


def has_buckets(workspace: Workspace, manifest: Manifest) -> bool:
    """Whether the buckets are there with what belongs to them; an import has no vault."""
    buckets = workspace.hub / "buckets"
    kept = [buckets / COUNTS, buckets / DRUGS, workspace.hub / REGISTER]
    if isinstance(manifest.configuration, Configuration):
        kept.append(workspace.custodian / VAULT)
    return all(path.is_file() for path in kept)


def _deliver(order: Run, manifest: Manifest, configuration: Configuration) -> None:
    """One delivery: sources write, the custodian links, the hub receives."""
    workspace, delivery = order.workspace, manifest.delivery + 1
    manifest.delivery, manifest.keyring = delivery, "demo" if order.keyrings is None else "secret"
    started = time.monotonic()
    _account(order, manifest, _send(order, configuration, delivery), started)

    started = time.monotonic()
    with processes(1, order.workers, fresh=True) as pool:
        linked = pool.submit(link, "custodian", workspace.custodian, order.keyrings, workspace.post, delivery).result()
    _write_json(workspace.custodian / "ledger.json", linked.as_json())
    records = total(linked.of(t, "read") for t in linked.tables())
    inputs, size = manifest.ids("sources"), _size(workspace.custodian)
    order.report(Stage("link", inputs, records.rows, size, time.monotonic() - started))
    _receive(order, manifest, (*HOSPITALS, "snds"), "custodian", {})


def _deliver_extract(order: Run, manifest: Manifest, extraction: Extraction) -> None:
    """One delivery of an import: under fresh keys everybody is new, so the hub begins a register."""
    workspace = order.workspace
    manifest.delivery, manifest.keyring = manifest.delivery + 1, "fresh"
    started = time.monotonic()
    workspace.post.mkdir(parents=True, exist_ok=True)
    with processes(1, order.workers, fresh=True) as pool:
        arguments = ("snds", workspace.source("snds"), workspace.post, manifest.delivery, extraction)
        ledger, pseudonyms = pool.submit(import_send, *arguments).result()
    _account(order, manifest, {"snds": ledger}, started)
    shutil.rmtree(workspace.hub / "buckets", ignore_errors=True)  # first: they go with the register
    (workspace.hub / REGISTER).unlink(missing_ok=True)
    _receive(order, manifest, ("snds",), "snds", asdict(pseudonyms))


def _account(order: Run, manifest: Manifest, ledgers: dict[str, Ledger], started: float) -> None:
    """Keep each party's ledger with it, and report what is in the post."""
    for party, ledger in ledgers.items():
        _write_json(order.workspace.source(party) / "ledger.json", ledger.as_json())
    sent = total(ledger.of(t, "kept") for ledger in ledgers.values() for t in ledger.tables())
    seconds = time.monotonic() - started
    order.report(Stage("pseudonymise", manifest.ids("sources"), sent.rows, _size(order.workspace.post), seconds))


def _receive(order: Run, manifest: Manifest, senders: tuple[str, ...], answering: str, found: dict[str, int]) -> None:
    """The hub's register and buckets; `found` is kept with what the stage says of itself."""
    workspace, started = order.workspace, time.monotonic()
    arguments = (workspace.hub, workspace.post, manifest.delivery, senders, answering)
    with processes(1, order.workers, fresh=True) as pool:
        routed = pool.submit(receive, *arguments).result()
    content: dict[str, Any] = {name: amount.as_json() for name, amount in routed.items()}
    content |= {"numbering": fingerprint(read_register(workspace.hub)), **found}
    inputs, size = manifest.ids("sources"), _size(workspace.hub / "buckets")
    stage = Stage("buckets", inputs, total(routed.values()).rows, size, time.monotonic() - started, content)
    manifest.record(stage)
    manifest.save(workspace)
    shutil.rmtree(workspace.post, ignore_errors=True)  # the letters are spent
    order.report(stage)


def _send(order: Run, configuration: Configuration, delivery: int) -> dict[str, Ledger]:
    """The sources' steps, one process a party; the SNDS waits for the funds' letter."""
    post, place = order.workspace.post, order.workspace.source
    post.mkdir(parents=True, exist_ok=True)
    parties = ("funds", *HOSPITALS)
    with processes(min(order.workers, len(parties)), 1, fresh=True) as pool:
        futures = {
            party: pool.submit(
                funds_send if party == "funds" else hospital_send, party, place(party), order.keyrings, post, delivery
            )
            for party in parties
        }
        ledgers = {party: future.result() for party, future in futures.items()}
    order.progress("pseudonymise", len(parties), len(parties) + 1)
    with processes(1, order.workers, fresh=True) as pool:
        arguments = ("snds", place("snds"), order.keyrings, post, delivery, configuration)
        return ledgers | {"snds": pool.submit(snds_send, *arguments).result()}


def _build_star(order: Run, manifest: Manifest) -> None:
    started = time.monotonic()
    workspace = order.workspace
    buckets, out = workspace.hub / "buckets", workspace.hub / f".star-{secrets.token_hex(4)}"
    counts = read_counts(buckets)
    confirm_numbering(workspace.hub, manifest.stages["buckets"].content.get("numbering"))
    keys, schemas, n = code_keys(buckets), bucket_schemas(), n_buckets(workspace.hub)
    ledger = Ledger()
    built: list[Part] = build_dimensions(buckets, keys, out, ledger)
    with processes(min(order.workers, n), 1) as pool:
        futures = []
        for k in range(n):
            said = {name: found[str(k)] for name, found in counts.items() if str(k) in found}
            end, has_key = manifest.configuration.end, manifest.configuration.has_claim_key
            futures.append(pool.submit(build_bucket, end, k, keys, schemas, said, buckets, out, has_claim_key=has_key))
        for done, future in enumerate(futures, 1):
            written, fates = future.result()
            built.extend(written)
            ledger.extend(fates)
            order.progress("star", done, n)
    ledger.confirm_read(manifest.stages["buckets"].content)
    _write_json(workspace.hub / "ledger.json", ledger.as_json())
    shutil.rmtree(workspace.star, ignore_errors=True)
    out.rename(workspace.star)
    tables = {name: _table(name, built) for name in sorted({part.table for part in built})}
    rows, size = sum(part.rows for part in built), sum(part.bytes for part in built)
    stage = Stage("star", manifest.ids("buckets"), rows, size, time.monotonic() - started, tables)
    manifest.record(stage)
    manifest.save(workspace)
    order.report(stage)


def _table(name: str, built: list[Part]) -> dict[str, Any]:
    """What the manifest says of one star table: rows, sums, SHA-256 of each part."""
    own = sorted((part for part in built if part.table == name), key=lambda part: part.number)
    sums = total(Tally(part.rows, part.sums) for part in own)
    return {"rows": sums.rows, "sums": sums.cents, "sha256": [part.sha256 for part in own]}


def _load(order: Run, manifest: Manifest) -> None:
    started = time.monotonic()
    workspace = order.workspace
    expected = {
        name: {"n_rows": table["rows"], **(table["sums"] if name.startswith("fact_") else {})}
        for name, table in manifest.stages["star"].content.items()
    }
    with processes(1, order.workers, fresh=True) as pool:
        rows = pool.submit(load, workspace.star, workspace.warehouse, expected, order.workers).result()
    size = workspace.warehouse.stat().st_size
    stage = Stage("warehouse", manifest.ids("star"), sum(rows.values()), size, time.monotonic() - started, rows)
    manifest.record(stage)
    manifest.save(workspace)
    order.report(stage)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
