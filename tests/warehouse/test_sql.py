"""What SQL on the warehouse may do: read the star, and nothing else."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from schema.errors import MissingStage, SettingsError
from schema.layout import Workspace
from schema.star import TABLES
from warehouse import open_warehouse
from warehouse.store.duckdb import open_read_only, select


def refusal(workspace: Workspace, query: str) -> str:
    with open_warehouse(workspace.root) as warehouse, pytest.raises(SettingsError) as caught:
        warehouse.sql(query)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


def test_sql_returns_a_frame_with_exact_money(loaded: Workspace) -> None:
    with open_warehouse(loaded.root) as warehouse:
        frame = warehouse.sql(
            "SELECT patient_key, sum(reimbursed_eur) AS paid_eur FROM fact_care_claim GROUP BY ALL ORDER BY ALL"
        )
    assert frame.rows() == [(1, Decimal("0.00")), (2, Decimal("0.20"))]
    assert frame.schema["paid_eur"] == pl.Decimal(38, 2)


def test_a_colon_in_a_query_is_no_parameter(loaded: Workspace) -> None:
    with open_warehouse(loaded.root) as warehouse:
        assert warehouse.sql("SELECT ':name' AS a, 1::INTEGER AS b").rows() == [(":name", 1)]


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO notice VALUES ('x')",
        "DELETE FROM dim_patient",
        "UPDATE dim_patient SET sex_code = 1",
        "DROP TABLE dim_patient",
        "CREATE TEMP TABLE t AS SELECT 1",
        "COPY dim_patient TO 'out.csv'",
        "EXPORT DATABASE 'out'",
        "ATTACH 'other.duckdb'",
        "INSTALL httpfs",
        "LOAD json",
        "SET threads = 1",
        "RESET threads",
        "PRAGMA database_list",
        "CALL pragma_database_size()",
        "BEGIN",
        "CHECKPOINT",
        "SELECT 1; SELECT 2",
        "PIVOT dim_patient ON linkage USING count(*)",
        "",
    ],
)
def test_what_is_not_one_select_is_refused(loaded: Workspace, query: str) -> None:
    assert refusal(loaded, query) == "The query must be one SELECT: the warehouse is only read."


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM '{other}'",
        "SELECT * FROM read_csv('{other}')",
        "SELECT * FROM read_text('{other}')",
        "SELECT * FROM read_parquet('{star}/dim_patient/part-00000.parquet')",
        "SELECT * FROM glob('{star}/*')",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
    ],
)
def test_a_query_reads_no_other_file_and_no_network(loaded: Workspace, tmp_path: Path, query: str) -> None:
    other = tmp_path / "other.csv"
    other.write_text("secret\n")
    told = refusal(loaded, query.format(other=other, star=loaded.star))
    assert told == "The query may read the star's tables alone: no file, no network, no extension."


@pytest.mark.parametrize(
    "query",
    [
        "SELECT CAST(linkage AS INTEGER) FROM dim_patient WHERE patient_key = 3",
        "SELECT CAST(linkage AS DATE) FROM dim_patient WHERE patient_key = 3",
        "SELECT error(linkage) FROM dim_patient WHERE patient_key = 3",
        "SELECT * FROM fact_care_claim WHERE fee_eur = 'alone'",
        "SELECT alone FROM (PIVOT dim_patient ON linkage USING count(*))",
    ],
)
def test_no_refusal_shows_a_value_of_a_row(loaded: Workspace, query: str) -> None:
    assert "alone" not in refusal(loaded, query)


def test_a_wrong_name_is_told_for_it_is_the_users_own_text(loaded: Workspace) -> None:
    assert refusal(loaded, "SELECT nmae FROM dim_patient") == (
        'The query cannot be run: Binder Error: Referenced column "nmae" not found in FROM clause!'
    )
    assert refusal(loaded, "SELECT * FROM dim_pateint").startswith(
        "The query cannot be run: Catalog Error: Table with name dim_pateint does not exist!"
    )
    assert refusal(loaded, "SELEC 1") == ('The query cannot be run: Parser Error: syntax error at or near "SELEC"')


def test_a_query_beyond_the_memory_says_so_and_writes_no_file(loaded: Workspace) -> None:
    # A sort is what DuckDB would write to disk in pieces.
    query = "SELECT md5(n::VARCHAR) AS x FROM range(5_000_000) r(n) ORDER BY x OFFSET 4_999_999"
    with open_read_only(loaded.warehouse, memory_limit="100MB") as connection:
        with pytest.raises(SettingsError, match="needs more memory"):
            select(connection, query)
        assert sorted(p.name for p in loaded.hub.iterdir()) == ["star", "warehouse.duckdb"]


def test_a_type_without_a_polars_counterpart_is_told(loaded: Workspace) -> None:
    assert refusal(loaded, "SELECT INTERVAL 3 DAY") == (
        "The query returns a type that Polars does not hold: cast it to text."
    )


def test_no_setting_of_the_connection_can_be_changed(loaded: Workspace) -> None:
    with (
        open_read_only(loaded.warehouse) as connection,
        pytest.raises(duckdb.InvalidInputException, match="locked"),
    ):
        connection.execute("SET memory_limit = '16GB'")


def test_a_failed_query_does_not_spoil_the_next(loaded: Workspace) -> None:
    with open_warehouse(loaded.root) as warehouse:
        with pytest.raises(SettingsError):
            warehouse.sql("SELECT 'x'::INTEGER")
        assert warehouse.sql("SELECT count(*) FROM dim_patient").item() == 3


def test_several_processes_read_at_once(loaded: Workspace) -> None:
    program = (
        "import sys; from warehouse import open_warehouse\n"
        "with open_warehouse(sys.argv[1]) as w: print(w.sql('SELECT count(*) FROM dim_patient').item())"
    )
    with open_warehouse(loaded.root) as warehouse:
        command = [sys.executable, "-c", program, str(loaded.root)]
        root = Path(__file__).parents[2]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(root)})
        assert done.stdout == "3\n"
        assert warehouse.sql("SELECT count(*) FROM dim_patient").item() == 3


def test_scan_gives_the_same_rows_as_sql(loaded: Workspace) -> None:
    with open_warehouse(loaded.root) as warehouse:
        for name in warehouse.tables():
            assert warehouse.scan(name).collect().equals(warehouse.sql(f'SELECT * FROM "{name}"')), name
        assert warehouse.tables() == list(TABLES)


def test_scan_of_an_unknown_table_lists_those_there_are(loaded: Workspace) -> None:
    with open_warehouse(loaded.root) as warehouse, pytest.raises(SettingsError, match="fact_hospital_stay"):
        warehouse.scan("fact_hopsital_stay")


def test_a_workspace_without_a_warehouse_names_the_next_command(star: Workspace) -> None:
    with pytest.raises(MissingStage, match="run `emc2 run`"):
        open_warehouse(star.root)


def test_a_damaged_warehouse_is_told_in_one_sentence(loaded: Workspace) -> None:
    loaded.warehouse.write_bytes(b"no database")
    with pytest.raises(SettingsError, match="cannot be opened for reading"):
        open_warehouse(loaded.root)


def test_a_warehouse_that_is_being_written_is_told_in_one_sentence(loaded: Workspace) -> None:
    with duckdb.connect(loaded.warehouse), pytest.raises(SettingsError, match="another process writes it"):
        open_warehouse(loaded.root)


def test_without_a_path_the_current_folder_is_opened_if_it_is_a_workspace(
    loaded: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(loaded.root)
    with open_warehouse() as warehouse:
        assert warehouse.workspace.root == loaded.root


def test_without_a_path_the_workspace_below_the_current_folder_is_opened(
    loaded: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(loaded.root.parent)
    with open_warehouse() as warehouse:
        assert warehouse.workspace.root == loaded.root


def test_a_result_that_outgrows_its_room_is_refused(loaded: Workspace) -> None:
    told = refusal(loaded, "SELECT * FROM range(100_000_000_000)")
    assert told == "The query returns more than 1 GB: select less at a time, or count in the query."


def test_a_query_that_fails_between_two_batches_shows_no_value(loaded: Workspace) -> None:
    late = "SELECT CASE WHEN range = 5000000 THEN ('secret' || range)::INT ELSE 1 END FROM range(6_000_000)"
    told = refusal(loaded, late)
    assert told == "The query failed (OSError); the details may hold values of rows and are withheld."


def test_a_type_that_frames_do_not_hold_is_refused(loaded: Workspace) -> None:
    told = refusal(loaded, "SELECT typed_value FROM duckdb_settings()")
    assert told == "The query returns a type that Polars does not hold: cast it to text."
