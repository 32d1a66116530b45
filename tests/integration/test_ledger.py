"""Every source row has one fate; a lost row and a changed cent are seen wherever they happen."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipelines.ledger import FATES, READ, read_ledger, same
from schema.errors import Emc2Error, LoadFailed, SchemaViolation
from schema.layout import SOURCES, Workspace, parts
from tests.integration.conftest import copy_of
from tests.integration.workspaces import run_all


def test_every_row_of_every_source_has_one_fate(finished: Workspace) -> None:
    for source in SOURCES:
        ledger = read_ledger(finished.source(source) / "ledger.json")
        for folder in finished.source(source).iterdir():
            if not folder.is_dir() or not parts(folder):
                continue
            rows = pl.scan_parquet(parts(folder)).select(pl.len()).collect().item()
            assert ledger.of(folder.name, READ).rows == rows, folder
            assert same(ledger.of(folder.name, READ), ledger.of(folder.name, *FATES)), folder


def test_the_hub_accounts_for_what_the_sources_sent(finished: Workspace) -> None:
    hub = read_ledger(finished.hub / "ledger.json")
    snds = read_ledger(finished.source("snds") / "ledger.json")

    assert hub.of("ER_PRS_F", READ) == snds.of("ER_PRS_F", "kept")
    assert hub.of("ER_PHA_F", READ).rows == snds.of("ER_PHA_F", "kept").rows
    assert hub.of("T_MCOaaD", READ).rows == sum(snds.of(f"T_MCO{y}D", "kept").rows for y in (17, 18, 19))
    assert hub.of("IR_PHA_R", READ) == snds.of("IR_PHA_R", "kept")
    for table in hub.tables():
        assert same(hub.of(table, READ), hub.of(table, *FATES)), table


def test_cents_of_the_star_are_cents_of_the_source(finished: Workspace) -> None:
    raw = pl.scan_parquet(parts(finished.source("snds") / "ER_PRS_F"))
    star = pl.scan_parquet(parts(finished.star / "fact_care_claim"))
    paid = raw.select(pl.col("BSE_REM_MNT").sum() + pl.col("CPL_REM_MNT").sum()).collect().item()

    assert paid > 0
    assert star.select(pl.col("reimbursed_eur").sum()).collect().item() == paid
    assert star.select(pl.len()).collect().item() == raw.select(pl.len()).collect().item()


def drop_a_row(path: Path) -> None:
    pl.read_parquet(path, hive_partitioning=False).slice(1).write_parquet(path)


def change_a_cent(path: Path) -> None:
    frame = pl.read_parquet(path, hive_partitioning=False)
    name = next(c for c in frame.columns if frame[c].dtype == pl.Decimal(11, 2))
    first = pl.int_range(pl.len()) == 0
    cent = pl.lit(Decimal("0.01"), pl.Decimal(11, 2))
    changed = pl.when(first).then(pl.col(name) + cent).otherwise(name).cast(pl.Decimal(11, 2))
    frame.with_columns(changed.alias(name)).write_parquet(path)


PLACES: dict[str, tuple[str, type[Emc2Error]]] = {
    "source": ("sources/snds/ER_PRS_F/part-*.parquet", SchemaViolation),
    "bucket": ("hub/buckets/ER_PRS_F/bucket=1/*.parquet", LoadFailed),
    "star": ("hub/star/fact_care_claim/part-00001.parquet", LoadFailed),
}


@pytest.mark.parametrize("spoil", [drop_a_row, change_a_cent])
@pytest.mark.parametrize("place", PLACES)
def test_a_lost_row_and_a_changed_cent_are_seen(
    place: str, spoil: object, sources: Workspace, finished: Workspace, tmp_path: Path
) -> None:
    pattern, error = PLACES[place]
    workspace = copy_of(sources if place == "source" else finished, tmp_path)
    assert callable(spoil)
    spoil(sorted(workspace.root.glob(pattern))[0])
    if place == "bucket":
        (workspace.star / "fact_death").rename(workspace.hub / "gone")
        manifest = workspace.manifest.read_text().replace('"star": {', '"was": {')
        workspace.manifest.write_text(manifest)
    if place == "star":
        workspace.warehouse.unlink()

    with pytest.raises(error, match="rows and cents|Rows or cents"):
        run_all(workspace)
