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
from pipelines.keys import Keyrings, deal
from pipelines.ledger import Ledger, Tally, total
from pipelines.load import is_whole, load
from pipelines.manifest import Manifest, Stage
from pipelines.memory import SENT, recall
from pipelines.parties import confirm_custodian, play_link, play_receive, play_send, write_ledger
from pipelines.register import REGISTER, confirm_numbering, fingerprint, read_register
from pipelines.route import COUNTS, DRUGS, bucket_schemas, hidden_rows, n_buckets, read_counts, receive
from pipelines.star.build import Part, build_bucket, build_dimensions, code_keys
from pipelines.vault import VAULT
from pipelines.wishes import noted
from pipelines.workers import processes
from schema.configuration import Configuration, Extraction
from schema.errors import MissingStage
from schema.layout import HOSPITALS, PARTIES, Workspace

Report = Callable[[Stage], None]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Run:
    """What a run needs: where, with which keys, with how many processes, and whom to tell."""

    workspace: Workspace
    keyrings: Keyrings
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
            pool.submit(confirm_custodian, order.workspace, order.keyrings).result()
    if not has_buckets(order.workspace, manifest) or not is_delivered(order.workspace, manifest):
        if isinstance(manifest.configuration, Extraction):
            _deliver_extract(order, manifest, manifest.configuration)
        else:
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


def has_buckets(workspace: Workspace, manifest: Manifest) -> bool:
    """Whether the buckets are there with what belongs to them; an import has no vault."""
    buckets = workspace.hub / "buckets"
    kept = [buckets / COUNTS, buckets / DRUGS, workspace.hub / REGISTER]
    if isinstance(manifest.configuration, Configuration):
        kept.append(workspace.custodian / VAULT)
    return all(path.is_file() for path in kept)


def is_delivered(workspace: Workspace, manifest: Manifest) -> bool:
    """Whether the buckets hold what the sources hold now, and what their patients wish."""
    said = manifest.stages["buckets"].content if "buckets" in manifest.stages else {}
    return manifest.is_current("buckets", "sources") and said.get("wishes", 0) == noted(workspace)


def _deliver(order: Run, manifest: Manifest) -> None:
    """One delivery: sources write, the custodian links, the hub receives."""
    workspace = order.workspace
    _number_delivery(workspace, manifest, "demo" if order.keyrings.folder is None else "secret")
    started = time.monotonic()
    _report_post(order, manifest, _send(order, manifest.delivery), started)

    started = time.monotonic()
    with processes(1, order.workers, fresh=True) as pool:
        linked = pool.submit(play_link, workspace, order.keyrings).result()
    records = total(linked.of(t, "read") for t in linked.tables())
    inputs, size = manifest.ids("sources"), _size(workspace.custodian)
    order.report(Stage("link", inputs, records.rows, size, time.monotonic() - started))

    started = time.monotonic()
    with processes(1, order.workers, fresh=True) as pool:
        routed = pool.submit(play_receive, workspace, order.keyrings).result()
    _record_buckets(order, manifest, routed, started, {})


def _deliver_extract(order: Run, manifest: Manifest, extraction: Extraction) -> None:
    """One delivery of an import: under fresh keys everybody is new, so the hub begins a register."""
    workspace = order.workspace
    _number_delivery(workspace, manifest, "fresh")
    started = time.monotonic()
    keyrings, post = deal(("snds", "hub"), "fresh"), workspace.post
    post.mkdir(parents=True, exist_ok=True)
    with processes(1, order.workers, fresh=True) as pool:
        arguments = (keyrings["snds"], workspace.source("snds"), post, manifest.delivery, extraction)
        ledger, pseudonyms = pool.submit(import_send, *arguments).result()
    write_ledger(ledger, workspace.source("snds"))
    _report_post(order, manifest, {"snds": ledger}, started)
    shutil.rmtree(workspace.hub / "buckets", ignore_errors=True)  # first: they go with the register
    (workspace.hub / REGISTER).unlink(missing_ok=True)
    started = time.monotonic()
    with processes(1, order.workers, fresh=True) as pool:
        routed = pool.submit(receive, keyrings["hub"], workspace.hub, post, ("snds",), "snds").result()
    _record_buckets(order, manifest, routed, started, asdict(pseudonyms))


def _number_delivery(workspace: Workspace, manifest: Manifest, keyring: str) -> None:
    """Give the delivery a number that none had, and keep it before anything is sent: a kill never frees it."""
    homes = [workspace.home(party) for party in PARTIES]
    sent = [number for home in homes for number in recall(home, SENT).values()]
    manifest.delivery, manifest.keyring = max([manifest.delivery, *sent]) + 1, keyring
    manifest.save(workspace)


def _report_post(order: Run, manifest: Manifest, ledgers: dict[str, Ledger], started: float) -> None:
    """Say what is in the post."""
    sent = total(ledger.of(t, "kept") for ledger in ledgers.values() for t in ledger.tables())
    seconds = time.monotonic() - started
    order.report(Stage("pseudonymise", manifest.ids("sources"), sent.rows, _size(order.workspace.post), seconds))


def _record_buckets(
    order: Run, manifest: Manifest, routed: dict[str, Tally], started: float, found: dict[str, int]
) -> None:
    """Record the hub's register and buckets; `found` is kept with what the stage says of itself."""
    workspace = order.workspace
    content: dict[str, Any] = {name: amount.as_json() for name, amount in routed.items()}
    content |= {"numbering": fingerprint(read_register(workspace.hub)), "wishes": noted(workspace), **found}
    inputs, size = manifest.ids("sources"), _size(workspace.hub / "buckets")
    stage = Stage("buckets", inputs, total(routed.values()).rows, size, time.monotonic() - started, content)
    manifest.record(stage)
    manifest.save(workspace)
    shutil.rmtree(workspace.post, ignore_errors=True)  # what is left of the letters is spent
    order.report(stage)


def _send(order: Run, delivery: int) -> dict[str, Ledger]:
    """The sources' steps, one process a party; the SNDS waits for the funds' letter."""
    order.workspace.post.mkdir(parents=True, exist_ok=True)
    parties = ("funds", *HOSPITALS)
    with processes(min(order.workers, len(parties)), 1, fresh=True) as pool:
        futures = {party: pool.submit(play_send, party, order.workspace, order.keyrings, delivery) for party in parties}
        ledgers = {party: future.result() for party, future in futures.items()}
    order.progress("pseudonymise", len(parties), len(parties) + 1)
    with processes(1, order.workers, fresh=True) as pool:
        return ledgers | {"snds": pool.submit(play_send, "snds", order.workspace, order.keyrings).result()}


def _build_star(order: Run, manifest: Manifest) -> None:
    started = time.monotonic()
    workspace = order.workspace
    buckets, out = workspace.hub / "buckets", workspace.hub / f".star-{secrets.token_hex(4)}"
    counts = read_counts(buckets)
    confirm_numbering(workspace.hub, manifest.stages["buckets"].content.get("numbering"))
    keys, schemas, n = code_keys(buckets), bucket_schemas(), n_buckets(workspace.hub)
    ledger = hidden_rows(counts)
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
