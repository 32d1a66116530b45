"""The conductor: brings every stage from the sources to the warehouse up to date, one process a party.

Stages: pseudonymise (letters of the six sources) → link (the custodian) → buckets (the hub's register and routing)
→ star → warehouse. What lies before the buckets lives in letters, so it starts again as a new delivery; the star and
the warehouse are rebuilt from the stage before. A stage appears by one rename, and is recorded after it: a kill at any
moment leaves the old warehouse whole, and the next run completes.
"""

import json
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.ledger import Ledger, Tally, total
from pipelines.link import VAULT, confirm, link
from pipelines.load import is_whole, load
from pipelines.manifest import Manifest, Stage
from pipelines.register import REGISTER, confirm_numbering, fingerprint, read_register
from pipelines.route import COUNTS, DRUGS, bucket_schemas, n_buckets, read_counts, receive
from pipelines.send import funds_send, hospital_send, snds_send
from pipelines.star.build import Part, build_bucket, build_dimensions, code_keys
from pipelines.workers import processes
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
        raise MissingStage("The sources are absent: run `emc2 generate`.")
    sweep(order.workspace)
    if (order.workspace.custodian / VAULT).is_file():
        with processes(1, 1, fresh=True) as pool:
            pool.submit(confirm, "custodian", order.workspace.custodian, order.keyrings).result()
    if not has_buckets(order.workspace) or not manifest.is_current("buckets", "sources"):
        _deliver(order, manifest)
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


def has_buckets(workspace: Workspace) -> bool:
    buckets = workspace.hub / "buckets"
    kept = (buckets / COUNTS, buckets / DRUGS, workspace.hub / REGISTER, workspace.custodian / VAULT)
    return all(path.is_file() for path in kept)


def _deliver(order: Run, manifest: Manifest) -> None:
    """One delivery: sources write, the custodian links, the hub receives."""
    workspace, delivery = order.workspace, manifest.delivery + 1
    manifest.delivery, manifest.keyring = delivery, "demo" if order.keyrings is None else "secret"
    started = time.monotonic()
    ledgers = _send(order, manifest, delivery)
    for party, ledger in ledgers.items():
        _write_json(workspace.source(party) / "ledger.json", ledger.as_json())
    sent = total(ledger.of(t, "kept") for ledger in ledgers.values() for t in ledger.tables())
    inputs = manifest.ids("sources")
    size = _size(workspace.post)
    order.report(Stage("pseudonymise", inputs, sent.rows, size, time.monotonic() - started))

    started = time.monotonic()
    with processes(1, order.workers, fresh=True) as pool:
        linked = pool.submit(link, "custodian", workspace.custodian, order.keyrings, workspace.post, delivery).result()
    _write_json(workspace.custodian / "ledger.json", linked.as_json())
    records = total(linked.of(t, "read") for t in linked.tables())
    order.report(Stage("link", inputs, records.rows, _size(workspace.custodian), time.monotonic() - started))

    started = time.monotonic()
    with processes(1, order.workers, fresh=True) as pool:
        routed = pool.submit(receive, workspace.hub, workspace.post, delivery).result()
    numbering = fingerprint(read_register(workspace.hub))
    rows = {name: amount.as_json() for name, amount in routed.items()} | {"numbering": numbering}
    size = _size(workspace.hub / "buckets")
    stage = Stage("buckets", inputs, total(routed.values()).rows, size, time.monotonic() - started, rows)
    manifest.record(stage)
    manifest.save(workspace)
    shutil.rmtree(workspace.post, ignore_errors=True)  # the letters are spent
    order.report(stage)


def _send(order: Run, manifest: Manifest, delivery: int) -> dict[str, Ledger]:
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
        arguments = ("snds", place("snds"), order.keyrings, post, delivery, manifest.configuration)
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
            end = manifest.configuration.end
            futures.append(pool.submit(build_bucket, end, k, keys, schemas, said, buckets, out))
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
