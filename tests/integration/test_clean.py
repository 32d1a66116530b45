"""`--clean`: a world in which no source mistakes an identity, from the command line to the star."""

from pathlib import Path

import polars as pl

from schema.layout import HOSPITALS, Workspace, parts
from tests.integration.workspaces import emc2


def test_clean_world_links_every_hospital_patient_that_is_told_from_a_twin(tmp_path: Path) -> None:
    assert emc2("generate", "--persons", "900", "--clean", "--workers", "1", cwd=tmp_path).returncode == 0
    again = emc2("build", "--persons", "900", "--workers", "1", cwd=tmp_path)
    assert again.returncode == 2
    assert "holds 900 persons of 2017 to 2019, clean: name another --workspace" in again.stderr
    ran = emc2("run", "--workers", "1", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr

    workspace = Workspace(tmp_path / "emc2-data")
    identity = pl.read_parquet(parts(workspace.truth / "identity"))
    at_hospitals = identity.filter(pl.col("source").is_in(HOSPITALS))["person"].unique()
    patients = pl.read_parquet(parts(workspace.star / "dim_patient"))
    linked = patients.filter(pl.col("linkage") == "linked").height
    assert 0 <= len(at_hospitals) - linked <= 4  # twins under one number
    assert len(at_hospitals) > 250
