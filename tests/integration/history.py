"""A small world whose sources are written by hand, delivery after delivery: identities, one fact a label."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from pipelines.ledger import tally
from pipelines.manifest import Manifest, Stage, read_manifest
from schema.codes import with_nir_key
from schema.configuration import Configuration
from schema.layout import HOSPITALS, Workspace, part_name, parts
from schema.raw import declaration
from tests.pipelines.tables import cells, table

YEAR = Configuration(20, 2018, 1)
FIRST_DAY = date(2018, 1, 1)


def nir(number: str) -> str:
    """Thirteen characters with their key."""
    return str(pl.select(with_nir_key(pl.lit(number))).item())


class History:
    """Sources in a workspace; each `deliver` replaces them whole, as a new extract does.

    A fact is known by its label: the day of a stay or a claim follows from the label's place among all.
    """

    def __init__(self, workspace: Workspace, numbers: dict[str, str], labels: list[str]) -> None:
        self.workspace = workspace
        self.numbers = {name: nir(number) for name, number in numbers.items()}
        self.day = {label: FIRST_DAY + timedelta(days=place) for place, label in enumerate(labels)}
        self.delivered = 0

    def deliver(self, patients: str, stays: str, register: str, claims: str) -> None:
        """Patients and stays of `hospital`s, lines of the funds' register and claims, as ASCII tables."""
        for hospital in HOSPITALS:
            self._write(hospital, "patient", self._named(patients), "hospital", hospital)
            self._write_stays(hospital, stays)
        self._write("funds", "beneficiary", self._named(register))
        self._write_snds(claims)
        self.delivered += 1
        manifest = read_manifest(self.workspace) if self.workspace.manifest.exists() else Manifest(YEAR)
        manifest.record(Stage("sources", {}, self.delivered, 0, 0.0, {"delivered": self.delivered}))
        manifest.save(self.workspace)

    def facts(self) -> dict[int, set[str]]:
        """Labels of the star's stays and claims, by patient."""
        label = {day: name for name, day in self.day.items()}
        found: dict[int, set[str]] = {}
        for name, day in (("fact_hospital_stay", "entry_date"), ("fact_care_claim", "care_date")):
            rows = pl.read_parquet(parts(self.workspace.star / name)).select("patient_key", day)
            for key, when in rows.iter_rows():
                found.setdefault(key, set()).add(label[when])
        return found

    def _named(self, text: str) -> str:
        """The table with each number's name replaced by the number."""
        header, *rows = cells(text)
        at = [place for place, name in enumerate(header) if name.endswith("_nir")]
        named = [[self.numbers.get(c, c) if place in at else c for place, c in enumerate(row)] for row in rows]
        return "\n".join(" | ".join(row) for row in (header, *named))

    def _write(self, source: str, folder: str, text: str, by: str = "", value: str = "") -> None:
        header, *rows = cells(text)
        if by:
            where = header.index(by)
            rows = [row[:where] + row[where + 1 :] for row in rows if row[where] == value]
            header = header[:where] + header[where + 1 :]
        schema = declaration(folder).schema
        frame = table("\n".join(" | ".join(row) for row in (header, *rows)), schema)
        identity = [name for name in IDENTITY if name not in header and name in schema]
        self._save(source, folder, frame.with_columns(pl.lit(None, schema[name]).alias(name) for name in identity))

    def _write_stays(self, hospital: str, stays: str) -> None:
        mine = [row for row in cells(stays)[1:] if row[0] == hospital]
        schema = declaration("encounter").schema
        frame = table("encounter_number | patient_number", schema).clear()
        if mine:
            frame = table("\n".join(["encounter_number | patient_number", *(f"{s} | {p}" for _, p, s in mine)]), schema)
            times = [
                datetime.combine(self.day[label], datetime.min.time()) + timedelta(hours=9) for _, _, label in mine
            ]
            at = pl.Series(times, dtype=schema["entry_time"])
            frame = frame.with_columns(entry_time=at, exit_time=at + timedelta(hours=6))
        self._save(hospital, "encounter", frame)
        for folder in ("diagnosis", "procedure"):
            self._save(hospital, folder, pl.DataFrame(schema=declaration(folder).schema))

    def _write_snds(self, claims: str) -> None:
        rows = cells(claims)[1:]
        schema = declaration("ER_PRS_F").schema
        text = "\n".join(
            ["BEN_NIR_PSA | BEN_RNG_GEM | DCT_ORD_NUM | EXE_SOI_DTD | EXE_SOI_DTF"]
            + [
                f"{psa} | {rank} | {n} | {self.day[label]} | {self.day[label]}"
                for n, (psa, rank, label) in enumerate(rows)
            ]
        )
        self._save("snds", "ER_PRS_F", table(text, schema))
        for folder in ("IR_BEN_R", "IR_IMB_R", "IR_PHA_R", "ER_PHA_F", *(f"T_MCO18{letter}" for letter in "CBDA")):
            self._save("snds", folder, pl.DataFrame(schema=declaration(folder).schema))

    def _save(self, source: str, folder: str, frame: pl.DataFrame) -> None:
        root = self.workspace.source(source)
        (root / folder).mkdir(parents=True, exist_ok=True)
        frame.write_parquet(root / folder / part_name(0))
        path = root / "manifest.json"
        said = json.loads(path.read_text()) if path.exists() else {"tables": {}, "configuration": YEAR.as_json()}
        said["tables"][folder] = tally(frame).as_json()
        path.write_text(json.dumps(said))


IDENTITY = (
    "insured_nir",
    "own_nir",
    "birth_name",
    "used_name",
    "first_name",
    "other_first_names",
    "birth_place_code",
    "residence_commune_code",
)


def place_of(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    workspace = Workspace(tmp_path / "history")
    workspace.root.mkdir()
    return workspace
