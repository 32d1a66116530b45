"""A world's SNDS, exported: read back it is the source, and programs of the portal find in it what the star says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.export.dialect import Dialect
from pipelines.export.images import kind_of
from pipelines.export.snds import EXTRACT_NAMES, export_snds
from schema.configuration import Configuration
from schema.layout import Workspace, parts
from schema.raw import DCIR_KEY, declaration
from tests.integration.canary import decoded, identifiers, texts
from tests.integration.workspaces import emc2, make_sources

FOLDERS = ("ER_PRS_F", "ER_PHA_F", "IR_BEN_R", "IR_IMB_R", "IR_PHA_R", "T_MCO17A", "T_MCO18B", "T_MCO19C", "T_MCO19D")
Dates = {"sas": "%d%b%Y", "iso": "%Y-%m-%d", "dd/mm/yyyy": "%d/%m/%Y"}
# Codes of a column and the value table that explains them, as the catalogue of the SNDS names it.
VALUES = {
    ("ER_PRS_F", "PRS_NAT_REF"): ("IR_NAT_V", "PRS_NAT"),
    ("ER_PRS_F", "BSE_PRS_NAT"): ("IR_NAT_V", "PRS_NAT"),
    ("ER_PRS_F", "PSE_SPE_COD"): ("IR_SPE_V", "PFS_SPE_COD"),
    ("ER_PRS_F", "PSP_SPE_COD"): ("IR_SPE_V", "PFS_SPE_COD"),
    ("ER_PRS_F", "PSE_ACT_NAT"): ("IR_ACT_V", "PFS_ACT_NAT"),
    ("ER_PRS_F", "PSE_CNV_COD"): ("IR_CNV_V", "PFS_CNV_COD"),
    ("ER_PRS_F", "EXO_MTF"): ("IR_EXO_V", "EXO_MTF"),
    ("ER_PRS_F", "MTM_NAT"): ("IR_MTM_V", "MTM_NAT"),
    ("ER_PRS_F", "BEN_QAF_COD"): ("IR_QBA_V", "BEN_QAF_COD"),
    ("ER_PRS_F", "RGM_GRG_COD"): ("IR_GRG_V", "GRG_COD"),
    ("ER_PRS_F", "RGM_COD"): ("IR_RGM_V", "RGM_COD"),
    ("IR_BEN_R", "BEN_SEX_COD"): ("IR_SEX_V", "SEX_COD"),
    ("IR_BEN_R", "BEN_RES_DPT"): ("IR_DPT_V", "GEO_DPT_COD"),
    ("IR_IMB_R", "IMB_ALD_NUM"): ("IR_ALD_V", "ALD_030_COD"),
    ("IR_IMB_R", "IMB_ETM_NAT"): ("IR_ETM_V", "ETM_NAT"),
    ("T_MCO19B", "ENT_MOD"): ("MS_ENT_V", "ENT_MOD_COD"),
    ("T_MCO19B", "SOR_MOD"): ("MS_SOR_V", "SOR_MOD_COD"),
    ("T_MCO19B", "ENT_PRV"): ("MS_PRV_V", "PRV_COD"),
    ("T_MCO19B", "SOR_DES"): ("MS_DST_V", "DST_COD"),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Sources of few persons, for what is read back as text."""
    return make_sources(tmp_path_factory.mktemp("small") / "emc2-data", configuration=Configuration(1_200))


@pytest.fixture(scope="module")
def portal(finished: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The DuckDB file, with the same workspace's star beside it as `star`."""
    out = tmp_path_factory.mktemp("portal") / "out"
    export_snds(finished.source("snds"), out, "duckdb", Dialect())
    with duckdb.connect(out / "snds.duckdb", read_only=True) as connection:
        connection.execute(f"ATTACH '{finished.warehouse}' AS star (READ_ONLY)")
        yield connection


def source_rows(workspace: Workspace, folder: str) -> pl.DataFrame:
    return pl.read_parquet(parts(workspace.source("snds") / folder))


def read_back(path: Path, folder: str, dialect: Dialect) -> pl.DataFrame:
    """A CSV of an export in the declared types, by means of Polars alone."""
    portal_names = {new: old for old, new in EXTRACT_NAMES.items() if old in declaration(folder).schema}
    rows = pl.read_csv(
        path,
        separator="\t" if dialect.separator == "tab" else dialect.separator,
        encoding="iso-8859-1" if dialect.encoding == "latin-1" else "utf8",
        infer_schema=False,
        null_values=[""],
    ).rename(portal_names)
    return rows.select(_typed(name, dtype, dialect) for name, dtype in declaration(folder).schema.items())


def _typed(name: str, dtype: pl.DataType, dialect: Dialect) -> pl.Expr:
    if dtype == pl.Date():
        return pl.col(name).str.to_titlecase().str.to_date(Dates[dialect.date_form])
    return pl.col(name).str.replace(",", ".", literal=True).cast(dtype) if dtype != pl.String() else pl.col(name)


def value(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    return connection.sql(query).fetchall()[0][0]


@pytest.mark.parametrize(
    "dialect",
    [
        Dialect(),
        Dialect(";", "latin-1", "dd/mm/yyyy", ","),
        Dialect("tab", "utf-8", "sas", ".", is_gzipped=True),
        Dialect(",", "latin-1", "iso", ","),
    ],
    ids=lambda d: f"{d.separator} {d.encoding} {d.date_form}",
)
def test_every_value_but_pseudonyms_is_read_back_as_the_source_has_it(
    dialect: Dialect, small: Workspace, tmp_path: Path
) -> None:
    written = export_snds(small.source("snds"), tmp_path / "out", "csv", dialect)
    rows = {table.table: table.rows for table in written}

    for folder in FOLDERS:
        given = source_rows(small, folder)
        found = read_back(tmp_path / "out" / f"{folder}{dialect.suffix}", folder, dialect)
        plain = [name for name in given.columns if kind_of(folder, name) is None]
        assert found.height == given.height == rows[folder] > 0
        assert found.columns == given.columns
        assert found.select(plain).equals(given.select(plain)), folder


def test_pseudonyms_map_one_to_one_over_all_tables_and_years(small: Workspace, tmp_path: Path) -> None:
    export_snds(small.source("snds"), tmp_path / "out", "parquet", Dialect())
    pairs: dict[str, list[pl.DataFrame]] = {}
    for path in sorted(small.source("snds").iterdir()):
        if not path.is_dir() or path.name == "IR_PHA_R":
            continue
        given, found = source_rows(small, path.name), pl.read_parquet(tmp_path / "out" / f"{path.name}.parquet")
        for name in given.columns:
            kind = kind_of(path.name, name)
            if kind and given[name].dtype == pl.String():
                both = pl.DataFrame({"given": given[name], "found": found[EXTRACT_NAMES.get(name, name)]}).unique()
                pairs.setdefault(kind, []).append(both)
    assert set(pairs) == {"insured", "own", "professional", "mother"}
    for kind, frames in pairs.items():
        known = pl.concat(frames).unique()
        assert known["given"].is_null().equals(known["found"].is_null()), kind
        assert known["given"].n_unique() == known["found"].n_unique() == known.height, kind


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_no_pseudonym_or_number_of_the_sources_is_in_an_export(form: str, small: Workspace, tmp_path: Path) -> None:
    export_snds(small.source("snds"), tmp_path / "out", form, Dialect())
    forbidden = identifiers(small)
    assert len(forbidden) > 10_000  # several forms a person
    hits = []
    for path in sorted((tmp_path / "out").iterdir()):
        if path.suffix == ".csv":
            found = pl.read_csv(path, separator=";", infer_schema=False)
            columns = [(path.name, name, found[name].unique()) for name in found.columns]
        else:
            columns = list(decoded(path))
        hits += [(path.name, name) for _, name, values in columns if texts(values) & forbidden]
    assert hits == []


def test_no_pseudonym_of_the_sources_is_in_the_duckdb_file(
    finished: Workspace, portal: duckdb.DuckDBPyConnection
) -> None:
    forbidden = identifiers(finished)
    tables = portal.sql("SELECT table_name FROM duckdb_tables() WHERE database_name = 'snds'").fetchall()
    assert len(tables) > 30
    for (table,) in tables:
        frame = portal.sql(f"FROM {table}").pl()
        assert [name for name in frame.columns if texts(frame[name].unique()) & forbidden] == [], table


def test_two_exports_of_one_world_share_no_pseudonym(small: Workspace, tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        export_snds(small.source("snds"), tmp_path / name, "parquet", Dialect())
        register = pl.read_parquet(tmp_path / name / "IR_BEN_R.parquet")
        claims = pl.read_parquet(tmp_path / name / "ER_PRS_F.parquet", columns=["NUM_ENQ", "PFS_EXE_NUM"])
        columns = [register[c] for c in ("NUM_ENQ", "NUM_ENQ_ANO", "NUM_ENQ_IDT", "ASS_NIR_ANO")]
        found.append({v for c in (*columns, *claims.get_columns()) for v in c.drop_nulls().unique()})
    assert min(len(values) for values in found) > 2_400  # 1,200 persons by two numbers at the least
    assert found[0].isdisjoint(found[1])


def test_every_code_has_its_row_in_its_value_table(portal: duckdb.DuckDBPyConnection) -> None:
    for (table, column), (values, code) in VALUES.items():
        missing = (
            f"SELECT count(*) FROM {table} WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT {code} FROM {values})"
        )
        assert value(portal, missing) == 0, (table, column)


def test_nine_columns_join_claims_to_their_packs_as_many_as_the_star_nets(portal: duckdb.DuckDBPyConnection) -> None:
    keys = " AND ".join(f"p.{name} = h.{name}" for name in DCIR_KEY)
    joined = f"ER_PRS_F p JOIN ER_PHA_F h ON {keys}"
    lines, packs = portal.sql(f"SELECT count(*), sum(h.PHA_ACT_QSN) FROM {joined}").fetchall()[0]

    assert lines == value(portal, "SELECT count(*) FROM ER_PHA_F") > 100_000
    assert packs == value(portal, "SELECT sum(quantity_packs) FROM star.fact_drug_dispensing")


def test_statins_by_sex_and_class_are_those_of_the_star(portal: duckdb.DuckDBPyConnection) -> None:
    raw = portal.sql(
        f"""SELECT r.PHA_ATC_C07, p.BEN_SEX_COD, sum(h.PHA_ACT_QSN)
            FROM ER_PRS_F p
            INNER JOIN ER_PHA_F h ON {" AND ".join(f"p.{name} = h.{name}" for name in DCIR_KEY)}
            INNER JOIN IR_PHA_R r ON h.PHA_PRS_C13 = r.PHA_CIP_C13
            WHERE r.PHA_ATC_CLA LIKE 'C10AA%' AND p.DPN_QLF <> 71
              AND p.EXE_SOI_DTD BETWEEN DATE '2018-01-01' AND DATE '2018-12-31'
            GROUP BY 1, 2 ORDER BY 1, 2"""
    ).fetchall()
    star = portal.sql(
        """SELECT atc_code, sex_code, sum(quantity_packs)
           FROM star.fact_drug_dispensing JOIN star.dim_drug USING (drug_key) JOIN star.dim_patient USING (patient_key)
           WHERE atc_code LIKE 'C10AA%' AND year(dispensing_date) = 2018 GROUP BY 1, 2 ORDER BY 1, 2"""
    ).fetchall()

    assert len(raw) >= 4
    assert raw == star


def test_stays_of_a_year_join_on_hospital_and_abstract_as_many_as_the_star_has(
    portal: duckdb.DuckDBPyConnection,
) -> None:
    raw = value(
        portal,
        """SELECT count(*) FROM T_MCO19B b JOIN T_MCO19C c ON b.ETA_NUM = c.ETA_NUM AND b.RSA_NUM = c.RSA_NUM
           WHERE b.GRG_GHM NOT LIKE '90%' AND c.EXE_SOI_DTF >= DATE '2019-01-01'""",
    )
    star = "SELECT count(*) FROM star.fact_hospital_stay WHERE is_in_pmsi AND year(exit_date) = 2019"
    assert raw == value(portal, star) > 3_000


def test_claims_join_the_register_on_pseudonym_and_rank(portal: duckdb.DuckDBPyConnection) -> None:
    lines, persons = portal.sql(
        """SELECT count(*), count(DISTINCT r.BEN_IDT_ANO) FROM ER_PRS_F p
           JOIN (SELECT * FROM IR_BEN_R UNION ALL SELECT * FROM IR_BEN_R_ARC) r
             ON p.BEN_NIR_PSA = r.BEN_NIR_PSA AND p.BEN_RNG_GEM = r.BEN_RNG_GEM"""
    ).fetchall()[0]

    assert lines == value(portal, "SELECT count(*) FROM ER_PRS_F")
    assert lines == value(portal, "SELECT count(*) FROM star.fact_care_claim")
    assert persons > 8_000


def test_money_is_exact_and_is_the_stars(portal: duckdb.DuckDBPyConnection) -> None:
    euros = portal.sql("SELECT sum(PRS_PAI_MNT), sum(BSE_REM_MNT) FROM ER_PRS_F").fetchall()
    assert euros == portal.sql("SELECT sum(fee_eur), sum(reimbursed_eur) FROM star.fact_care_claim").fetchall()


def test_open_long_term_diseases_are_those_of_the_star(portal: duckdb.DuckDBPyConnection) -> None:
    raw = portal.sql(
        """SELECT i.IMB_ALD_NUM, any_value(v.ALD_030_LIB) IS NOT NULL, count(*)
           FROM IR_IMB_R i JOIN IR_ALD_V v ON v.ALD_030_COD = i.IMB_ALD_NUM
           WHERE i.IMB_ETM_NAT IN (41, 43, 45) AND i.IMB_ALD_DTF = DATE '1600-01-01' GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    star = portal.sql(
        """SELECT ald_number, true, count(*) FROM star.fact_long_term_disease
           WHERE end_date IS NULL GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    assert len(raw) > 3
    assert raw == star


def test_program_that_asks_for_archived_years_finds_none_of_the_world_archived(
    portal: duckdb.DuckDBPyConnection,
) -> None:
    query = "SELECT synonym_name FROM user_synonyms WHERE synonym_name LIKE 'ER_PRS_F_%'"
    assert portal.sql(query).columns == ["SYNONYM_NAME"]  # as Oracle gives it
    last_archived = max(int(str(name).removeprefix("ER_PRS_F_")) for (name,) in portal.sql(query).fetchall())
    assert value(portal, f"SELECT count(*) FROM ER_PRS_F WHERE year(FLX_DIS_DTD) <= {last_archived}") == 0
    assert value(portal, f"SELECT count(*) FROM ER_PRS_F_{last_archived}") == 0
    assert value(portal, f"SELECT count(*) FROM ER_PHA_F_{last_archived}") == 0


def test_command_prints_a_line_a_table_and_each_mistake_in_one_sentence(finished: Workspace, tmp_path: Path) -> None:
    def export(*options: str) -> tuple[int, str]:
        ran = emc2("export", "--workspace", str(finished.root), *options, cwd=tmp_path)
        assert "Traceback" not in ran.stderr
        assert ran.stdout == ""
        return ran.returncode, ran.stderr

    code, said = export("--as", "snds", "--to", "out", "--format", "parquet")
    assert code == 0
    rows = source_rows(finished, "ER_PRS_F").height
    assert f"ER_PRS_F  {rows:>13,} rows" in said
    assert "All data are synthetic" in said

    mistakes = {
        ("--to", "new"): "Missing option '--as'",
        ("--as", "omop", "--to", "new"): "--as must be one of: snds",
        ("--as", "snds", "--to", "new", "--format", "sas"): "--format must be one of: csv, parquet, duckdb",
        ("--as", "snds", "--to", "new", "--separator", "/"): "--separator must be one of: ;  ,  tab",
        ("--as", "snds", "--to", "out"): "is not empty: name a new folder with --to.",
        ("--as", "snds", "--to", "out/README.md"): "is not a folder: name another with --to.",
        ("--as", "snds", "--to", str(finished.root / "new")): "must not lie in the workspace",
    }
    for options, sentence in mistakes.items():
        code, said = export(*options)
        assert (code, said.count("\n")) == (2, 1), options
        assert sentence in said
    assert not (tmp_path / "new").exists()
    assert not (finished.root / "new").exists()
