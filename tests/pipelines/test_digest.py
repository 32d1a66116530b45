"""The digest: the same for the same facts about the same people, another for any other fact."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.digest import digest
from schema.base import polars_schema
from schema.errors import MissingStage
from schema.layout import part_name
from schema.star import BUCKET_PATIENTS, TABLES

Frames = dict[str, pl.DataFrame]
PERSONAL = [name for name, declared in TABLES.items() if "patient_key" in declared.columns]
N = 4  # persons; the last two lie in the second bucket
KEYS = [1, 2, BUCKET_PATIENTS + 1, BUCKET_PATIENTS + 2]
SURROGATES = {
    "patient_key",
    "claim_number",
    "dispensing_number",
    "disease_number",
    "period_number",
    "diagnosis_number",
    "act_number",
}


def value(dtype: pl.DataType, n: int) -> Any:
    """A value of the type that differs from row to row."""
    match dtype:
        case pl.String():
            return f"text {n}"
        case pl.Date():
            return date(2018, 1, 1 + n)
        case pl.Decimal():
            return Decimal(n) / 100
        case pl.Boolean():
            return n % 2 == 0
    return n


def star() -> Frames:
    """Two rows a person and table, one in dim_patient and fact_death; each dimension of six codes."""
    frames = {}
    for name, declared in TABLES.items():
        schema = polars_schema(declared)
        if name not in PERSONAL:
            frames[name] = pl.DataFrame(
                [{c: value(t, n) for c, t in schema.items()} for n in range(6)], schema=schema, strict=True
            )
            continue
        key = [c.name for c in declared.primary_key.columns]
        rows = [
            {c: value(t, (p + k) % 6) for c, t in schema.items()}
            | ({key[-1]: k} if len(key) > 1 else {})
            | {"patient_key": KEYS[p]}
            for p in range(N)
            for k in range(1, 3 if len(key) > 1 else 2)
        ]
        frames[name] = pl.DataFrame(rows, schema=schema, strict=True)
    return frames


def write(root: Path, frames: Frames) -> Path:
    for name, frame in frames.items():
        (root / name).mkdir(parents=True)
        if name not in PERSONAL:
            frame.write_parquet(root / name / part_name(0))
            continue
        bucket = (pl.col("patient_key") - 1).clip(0) // BUCKET_PATIENTS
        for k in range(2):
            frame.filter(bucket == k).write_parquet(root / name / part_name(k))
    return root


def told(tmp_path: Path, frames: Frames) -> dict[str, str]:
    return digest(write(tmp_path / f"star-{len(list(tmp_path.iterdir()))}", frames))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The star of this file on disk, and its digest."""
    root = write(tmp_path_factory.mktemp("digest") / "star", star())
    return root, digest(root)


def beside(base: Path, tmp_path: Path, frames: Frames) -> dict[str, str]:
    """Digest of the star at `base` with some tables changed."""
    root = write(tmp_path / f"star-{len(list(tmp_path.iterdir()))}", frames)
    for name in set(TABLES) - set(frames):
        (root / name).symlink_to(base / name)
    return digest(root)


def renumber(frames: Frames, order: list[int]) -> Frames:
    """Person i takes the number of person order[i]."""
    new = [KEYS[i] for i in order]
    return {
        name: frame.with_columns(pl.col("patient_key").replace_strict(KEYS, new, return_dtype=pl.Int32))
        if name in PERSONAL
        else frame
        for name, frame in frames.items()
    }


def change(frames: Frames, name: str, column: str, to: Any) -> Frames:
    """The first row of one table with another value in one column."""
    frame = frames[name]
    values = [to, *frame[column].to_list()[1:]]
    return frames | {name: frame.with_columns(pl.Series(column, values, frame.schema[column]))}


@pytest.mark.parametrize("order", [[1, 0, 2, 3], [0, 1, 3, 2], [2, 1, 0, 3], [3, 2, 1, 0], [1, 2, 3, 0]])
def test_renumbered_patients_within_and_across_buckets_have_the_same_digest(tmp_path: Path, order: list[int]) -> None:
    assert told(tmp_path, renumber(star(), order)) == told(tmp_path, star())


def test_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=3) for name, frame in star().items()}
    assert told(tmp_path, shuffled) == told(tmp_path, star())


def test_keys_of_codes_do_not_matter_but_codes_do(tmp_path: Path) -> None:
    frames = star()
    renamed = dict(frames)
    for name, frame in frames.items():
        columns = [c for c in frame.columns if c.endswith("diagnosis_key")]
        renamed[name] = frame.with_columns(pl.col(columns) + 1_000)
    before = told(tmp_path, frames)
    assert told(tmp_path, renamed) == before
    codes = frames["dim_diagnosis"].with_columns(pl.col("icd10_code").replace("text 1", "another code"))
    after = told(tmp_path, frames | {"dim_diagnosis": codes})
    changed = {name for name in TABLES if before[name] != after[name]}
    assert {"dim_diagnosis", "fact_stay_diagnosis", "fact_hospital_stay", "fact_long_term_disease"} <= changed


def test_every_table_has_a_digest_of_16_digits(tmp_path: Path) -> None:
    found = told(tmp_path, star())
    assert list(found) == list(TABLES)
    assert len(set(found.values())) == len(TABLES)
    assert all(len(text) == 16 and int(text, 16) for text in found.values())


def is_content(name: str, column: str) -> bool:
    """Whether the digest speaks of the column: it leaves out keys of people, of rows, and of codes in their list."""
    own_key = name.startswith("dim_") and column.endswith("_key")
    return not own_key and column not in SURROGATES and (name, column) != ("fact_hospital_stay", "stay_number")


CELLS = [(name, c.name) for name, declared in TABLES.items() for c in declared.columns if is_content(name, c.name)]


@pytest.mark.parametrize(("name", "column"), CELLS)
def test_any_other_cell_gives_another_digest(
    base: tuple[Path, dict[str, str]], tmp_path: Path, name: str, column: str
) -> None:
    frames = {name: star()[name]}
    old = frames[name][column][0]
    dtype = frames[name].schema[column]
    new = next(v for v in (value(dtype, n) for n in range(5)) if v != old)
    assert beside(base[0], tmp_path, change(frames, name, column, new))[name] != base[1][name]


@pytest.mark.parametrize(
    ("name", "column"), [(n, c) for n, c in CELLS if n in PERSONAL and TABLES[n].columns[c].nullable]
)
def test_null_is_not_a_value(base: tuple[Path, dict[str, str]], tmp_path: Path, name: str, column: str) -> None:
    frames = {name: star()[name]}
    assert beside(base[0], tmp_path, change(frames, name, column, None))[name] != base[1][name]


def test_empty_text_zero_and_null_differ(tmp_path: Path) -> None:
    frames = star()
    texts = [change(frames, "fact_hospital_stay", "ghm_code", v) for v in (None, "", "0")]
    numbers = [change(frames, "fact_care_claim", "executing_specialty_code", v) for v in (None, 0, -1)]
    assert len({told(tmp_path, f)["fact_hospital_stay"] for f in texts}) == 3
    assert len({told(tmp_path, f)["fact_care_claim"] for f in numbers}) == 3


def test_column_that_is_null_throughout_can_be_told(tmp_path: Path) -> None:
    frames = star()
    empty = frames["dim_patient"].with_columns(alone_reason=pl.lit(None, pl.String))
    assert told(tmp_path, frames | {"dim_patient": empty})["dim_patient"] != told(tmp_path, frames)["dim_patient"]


def swapped(frames: Frames) -> Frames:
    """Two persons exchange one claim each."""
    frame = frames["fact_care_claim"]
    keys = frame["patient_key"].to_list()
    keys[0], keys[2] = keys[2], keys[0]
    return frames | {"fact_care_claim": frame.with_columns(patient_key=pl.Series(keys, dtype=pl.Int32))}


def lost(frames: Frames) -> Frames:
    return frames | {"fact_care_claim": frames["fact_care_claim"].slice(1)}


def doubled(frames: Frames) -> Frames:
    frame = frames["fact_care_claim"]
    return frames | {"fact_care_claim": pl.concat([frame, frame.head(1)])}


@pytest.mark.parametrize("spoil", [swapped, lost, doubled])
def test_row_lost_doubled_or_given_to_another_person_is_seen(tmp_path: Path, spoil: Callable[[Frames], Frames]) -> None:
    assert told(tmp_path, spoil(star()))["fact_care_claim"] != told(tmp_path, star())["fact_care_claim"]


def test_two_columns_that_exchange_their_values_are_seen(tmp_path: Path) -> None:
    frames = star()
    one = change(change(frames, "fact_care_claim", "fee_eur", Decimal(7)), "fact_care_claim", "base_eur", Decimal(8))
    two = change(change(frames, "fact_care_claim", "fee_eur", Decimal(8)), "fact_care_claim", "base_eur", Decimal(7))
    assert told(tmp_path, one)["fact_care_claim"] != told(tmp_path, two)["fact_care_claim"]


def test_row_moved_between_persons_changes_the_tables_of_both(tmp_path: Path) -> None:
    before, after = told(tmp_path, star()), told(tmp_path, swapped(star()))
    changed = {name for name in TABLES if before[name] != after[name]}
    assert changed == set(PERSONAL)


def test_diagnosis_given_to_another_stay_of_the_same_day_is_seen(tmp_path: Path) -> None:
    """The number of a stay is a surrogate, but which stay a diagnosis hangs on is a fact."""
    frames = star()
    same_day = frames["fact_stay_diagnosis"].with_columns(entry_date=pl.lit(date(2018, 1, 1)))
    stays = frames["fact_hospital_stay"].with_columns(entry_date=pl.lit(date(2018, 1, 1)))
    frames |= {"fact_stay_diagnosis": same_day, "fact_hospital_stay": stays}
    keys = same_day["stay_number"].to_list()
    other = same_day.with_columns(stay_number=pl.Series([keys[0] + 1, *keys[1:]], dtype=pl.Int32))
    assert told(tmp_path, frames | {"fact_stay_diagnosis": other}) != told(tmp_path, frames)


def test_bucket_without_any_row_adds_nothing(tmp_path: Path) -> None:
    frames = {
        name: frame.filter(pl.col("patient_key") <= BUCKET_PATIENTS) if name in PERSONAL else frame
        for name, frame in star().items()
    }
    root = write(tmp_path / "star", frames)
    assert pl.read_parquet(root / "dim_patient" / part_name(1)).height == 0
    with_empty = digest(root)
    for name in PERSONAL:
        (root / name / part_name(1)).unlink()
    assert digest(root) == with_empty


def test_absent_star_is_a_missing_stage(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="There is no star in this workspace: run `emc2 run`"):
        digest(tmp_path / "star")


def test_this_files_star_is_what_it_says() -> None:
    frames = star()
    assert_frame_equal(renumber(renumber(frames, [1, 2, 3, 0]), [3, 0, 1, 2])["fact_death"], frames["fact_death"])
    assert frames["fact_care_claim"].height == 2 * N
