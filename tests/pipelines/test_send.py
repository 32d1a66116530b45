"""What leaves each source, for whom, and what stays: identities never leave, and every row has its fate."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from pipelines.keys import demo_keyring
from pipelines.ledger import Ledger
from pipelines.match_keys import PASSES
from pipelines.post import read_letter
from pipelines.pseudonymise import PERSONS_SCHEMA, TOKENS_SCHEMA
from pipelines.send import funds_send, hospital_send, snds_send
from schema.configuration import Configuration
from schema.errors import MissingStage, SchemaViolation
from schema.raw import TABLES
from tests.pipelines.sources import write_source
from tests.pipelines.tables import fates

ADA, JEAN = "295109912611193", "186022A21532523"
HOSPITAL = {
    "patient": f"""
        patient_number | insured_nir | birth_date | sex | first_name | birth_name
        p1             | {ADA}       | 1995-10-03 | 2   | Ada        | SECRETNAME
        p2             | {JEAN}      | 1986-02-01 | 1   | Jean       | SECRETNAME
        p3             |             | 1970-01-31 | 1   | Luc        | SECRETNAME
        p3             |             | 1970-01-31 | 1   | Luc        | SECRETNAME
    """,
    "encounter": """
        encounter_number | patient_number | entry_time       | exit_time
        e1               | p1             | 2018-03-01 10:00 | 2018-03-05 09:00
        e2               | p3             | 2018-04-01 10:00 | 2018-04-05 09:00
        e3               | nobody         | 2018-05-01 10:00 | 2018-05-05 09:00
    """,
    "diagnosis": """
        encounter_number | diagnosis_number | position | icd10_code
        e1               | 1                | DP       | I10
        e1               | 1                | DP       | I10
        e2               | 1                | DP       | E119
        e3               | 1                | DP       | E119
        e9               | 1                | DP       | E119
    """,
    "procedure": """
        encounter_number | procedure_number | ccam_code
        e2               | 1                | AAAA001
        e2               | 2                |
    """,
}
FUNDS = {
    "beneficiary": f"""
        insured_nir | birth_date | sex | birth_rank | first_name | BEN_NIR_PSA | BEN_RNG_GEM
        {ADA}       | 1995-10-03 | 2   | 1          | Ada        | PSA1        | 1
        {JEAN}      | 2018-05-01 | 1   | 1          | Paul       | PSA2        | 1
        {JEAN}      | 2018-05-01 | 1   | 2          | Louis      | PSA2        | 2
    """
}
SNDS: dict[str, str | list[str]] = {
    "IR_BEN_R": "BEN_NIR_PSA | BEN_RNG_GEM\nPSA1 | 1\nPSA2 | 1\nPSA2 | 2",
    "IR_IMB_R": "BEN_NIR_PSA | BEN_RNG_GEM | IMB_ALD_NUM\nPSA1 | 1 | 8",
    "IR_PHA_R": "PHA_CIP_C13\n3400900000011",
    "ER_PRS_F": [
        "BEN_NIR_PSA | BEN_RNG_GEM | DCT_ORD_NUM | PRS_PAI_MNT\nPSA1 | 1 | 1 | 1.10\nPSA2 | 2 | 2 | 2.00",
        "BEN_NIR_PSA | BEN_RNG_GEM | DCT_ORD_NUM | PRS_PAI_MNT\nPSA9 | 1 | 3 | -0.05",
    ],
    "ER_PHA_F": """
        DCT_ORD_NUM | PHA_ORD_NUM | PHA_ACT_QSN
        1           | 1           | 1
        2           | 1           | 2
        2           | 1           | 2
        7           | 1           | 1
    """,
    "T_MCO18C": """
        ETA_NUM | RSA_NUM | NIR_ANO_17 | EXE_SOI_DTD
        F       | r1      | PSA1       | 2018-01-02
        F       | r2      | PSA2       | 2018-01-02
        F       | r3      |            | 2018-01-02
    """,
    "T_MCO18B": "ETA_NUM | RSA_NUM | DGN_PAL\nF | r1 | I10\nF | r1 | I10\nF | r2 | I10\nF | r9 | I10",
    "T_MCO18D": "ETA_NUM | RSA_NUM | DGN_ASS_NUM | ASS_DGN\nF | r1 | 1 | I10\nF | r1 | 2 | I10",
    "T_MCO18A": "ETA_NUM | RSA_NUM | CDC_ACT | NBR_EXE_ACT\nF | r3 | AAAA001 | 1",
}
YEAR = Configuration(10, 2018, 1)


def hospital(tmp_path: Path) -> Ledger:
    root = write_source(tmp_path / "hospital_1", **HOSPITAL)
    return hospital_send(demo_keyring("hospital_1"), root, tmp_path / "post", 1)


def claims(tmp_path: Path) -> Ledger:
    funds = write_source(tmp_path / "funds", **FUNDS)
    funds_send(demo_keyring("funds"), funds, tmp_path / "post", 1)
    return snds_send(demo_keyring("snds"), write_source(tmp_path / "snds", **SNDS), tmp_path / "post", YEAR.exit_years)


def letter(tmp_path: Path, sender: str, recipient: str, name: str) -> pl.DataFrame:
    return read_letter(tmp_path / "post", sender, demo_keyring(recipient)).read(name)


def test_custodian_receives_tokens_and_no_care_and_the_hub_care_and_no_token(tmp_path: Path) -> None:
    hospital(tmp_path)
    to_custodian = read_letter(tmp_path / "post", "hospital_1", demo_keyring("custodian"))
    match_keys = [f"match_keys_{one.name}" for one in PASSES]
    assert list(to_custodian.tables) == ["persons", "tokens", *match_keys, "wishes"]
    assert set(to_custodian.read("persons").columns) == set(PERSONS_SCHEMA)
    assert set(to_custodian.read("tokens").columns) == set(TOKENS_SCHEMA)
    assert all(to_custodian.read(name).columns == ["idacc", "key"] for name in match_keys)
    to_hub = read_letter(tmp_path / "post", "hospital_1", demo_keyring("hub"))
    assert sorted(to_hub.tables) == ["diagnosis", "encounter", "patient", "procedure"]
    for name in to_hub.tables:
        columns = to_hub.read(name).columns
        assert columns[0] == "idacc"
        tags = {TABLES[name].column(c).privacy for c in columns if c != "idacc"}
        assert tags.isdisjoint({"direct", "person", "professional"})


def test_no_file_of_any_letter_holds_an_identity(tmp_path: Path) -> None:
    """Read as values, for compression would hide them from a search of bytes."""
    hospital(tmp_path)
    claims(tmp_path)
    allowed = {"matching"}  # the funds tell the SNDS whose its own pseudonyms are
    for folder in (tmp_path / "post").iterdir():
        sender, recipient = folder.name.split("_to_")
        received = read_letter(tmp_path / "post", sender, demo_keyring(recipient))
        for name in received.tables:
            texts = received.read(name).select(pl.col(pl.String))
            values = {value for column in texts for value in column}
            assert values.isdisjoint({ADA, JEAN, ADA[:13], JEAN[:13], "SECRETNAME", "Ada", "Jean", "p1", "p2", "p3"})
            if name not in allowed:
                assert values.isdisjoint({"PSA1", "PSA2", "PSA9"})


def test_birth_dates_leave_as_months(tmp_path: Path) -> None:
    hospital(tmp_path)
    found = letter(tmp_path, "hospital_1", "hub", "patient")["birth_date"]
    assert sorted(map(str, found)) == ["1970-01-01", "1986-02-01", "1995-10-01"]


def test_care_of_one_person_is_under_one_matching_id(tmp_path: Path) -> None:
    hospital(tmp_path)
    persons = letter(tmp_path, "hospital_1", "custodian", "persons")
    patients = letter(tmp_path, "hospital_1", "hub", "patient")
    encounters = dict(letter(tmp_path, "hospital_1", "hub", "encounter").select("encounter_number", "idacc").rows())
    assert set(persons["idacc"]) == set(patients["idacc"])
    born = dict(patients.select("birth_date", "idacc").rows())
    assert encounters["e1"] == next(idacc for day, idacc in born.items() if day.year == 1995)
    for name in ("diagnosis", "procedure"):
        rows = letter(tmp_path, "hospital_1", "hub", name).select("encounter_number", "idacc").rows()
        assert all(encounters[number] == idacc for number, idacc in rows)


def test_hospitals_ledger_gives_every_row_its_fate(tmp_path: Path) -> None:
    ledger = hospital(tmp_path)
    assert fates(ledger, "patient") == {"read ": 4, "kept ": 3, "rejected repeated_key": 1}
    assert fates(ledger, "encounter") == {"read ": 3, "kept ": 2, "rejected no_parent": 1}
    assert fates(ledger, "diagnosis") == {"read ": 5, "kept ": 2, "rejected no_parent": 2, "rejected repeated_key": 1}
    assert fates(ledger, "procedure") == {"read ": 2, "kept ": 1, "rejected null_in_ccam_code": 1}
    ledger.check_balance()


def test_rejected_rows_stay_at_their_source(tmp_path: Path) -> None:
    hospital(tmp_path)
    rejects = tmp_path / "hospital_1" / "rejects"
    assert sorted(path.name for path in rejects.iterdir()) == [
        "diagnosis.parquet",
        "encounter.parquet",
        "patient.parquet",
        "procedure.parquet",
    ]
    assert sorted(pl.read_parquet(rejects / "diagnosis.parquet")["rule"]) == ["no_parent", "no_parent", "repeated_key"]
    assert not (tmp_path / "hospital_1" / ".scratch").exists()
    assert all("idacc" not in pl.read_parquet_schema(path) for path in rejects.iterdir())


def test_two_deliveries_have_no_matching_id_in_common(tmp_path: Path) -> None:
    hospital(tmp_path)
    first = letter(tmp_path, "hospital_1", "custodian", "persons")
    hospital_send(demo_keyring("hospital_1"), tmp_path / "hospital_1", tmp_path / "post", 2)
    second = letter(tmp_path, "hospital_1", "custodian", "persons")
    assert set(first["idacc"]).isdisjoint(second["idacc"])
    assert set(first["handle"]) == set(second["handle"])


def test_source_whose_table_is_spoilt_sends_nothing(tmp_path: Path) -> None:
    root = write_source(tmp_path / "hospital_1", **HOSPITAL)
    shutil.rmtree(root / "procedure")
    with pytest.raises(SchemaViolation, match="hospital_1/procedure does not hold the rows"):
        hospital_send(demo_keyring("hospital_1"), root, tmp_path / "post", 1)
    assert not [path for path in (tmp_path / "post").iterdir() if not path.name.startswith(".")]


def test_funds_tell_the_snds_matching_ids_and_the_custodian_tokens_and_nobody_any_care(tmp_path: Path) -> None:
    root = write_source(tmp_path / "funds", **FUNDS)
    ledger = funds_send(demo_keyring("funds"), root, tmp_path / "post", 1)
    assert sorted(path.name for path in (tmp_path / "post").iterdir()) == ["funds_to_custodian", "funds_to_snds"]
    persons = letter(tmp_path, "funds", "custodian", "persons")
    matching = letter(tmp_path, "funds", "snds", "matching")
    assert set(matching.columns) == {"idacc", "BEN_NIR_PSA", "BEN_RNG_GEM"}
    assert set(matching["idacc"]) == set(persons["idacc"])
    tokens = letter(tmp_path, "funds", "custodian", "tokens").filter(pl.col("kind") == "insured")
    assert tokens["is_shared"].sum() == 2
    assert fates(ledger, "beneficiary") == {"read ": 3, "kept ": 3}


def test_funds_and_hospital_make_the_same_token_of_one_person(tmp_path: Path) -> None:
    hospital(tmp_path)
    claims(tmp_path)
    at_hospital = letter(tmp_path, "hospital_1", "custodian", "tokens")["token"]
    at_funds = letter(tmp_path, "funds", "custodian", "tokens")["token"]
    assert len(set(at_hospital) & set(at_funds)) == 1


def test_snds_waits_for_the_funds(tmp_path: Path) -> None:
    root = write_source(tmp_path / "snds", **SNDS)
    with pytest.raises(MissingStage, match="No letter from funds to snds"):
        snds_send(demo_keyring("snds"), root, tmp_path / "post", YEAR.exit_years)


def test_sndss_ledger_gives_every_row_its_fate(tmp_path: Path) -> None:
    ledger = claims(tmp_path)
    assert fates(ledger, "IR_BEN_R") == {"read ": 3, "kept ": 3}
    assert fates(ledger, "ER_PRS_F") == {"read ": 3, "kept ": 3}
    assert ledger.of("ER_PRS_F", "kept").cents["PRS_PAI_MNT"] == 305
    assert fates(ledger, "ER_PHA_F") == {"read ": 4, "kept ": 2, "rejected no_parent": 1, "rejected repeated_key": 1}
    assert fates(ledger, "T_MCO18C") == {"read ": 3, "kept ": 3}
    assert fates(ledger, "T_MCO18B") == {"read ": 4, "kept ": 2, "rejected no_parent": 1, "rejected repeated_key": 1}
    assert fates(ledger, "T_MCO18A") == {"read ": 1, "kept ": 1}
    ledger.check_balance()


def test_snds_tells_the_custodian_only_of_persons_that_the_funds_did_not(tmp_path: Path) -> None:
    claims(tmp_path)
    own = letter(tmp_path, "snds", "custodian", "persons")
    assert sorted(own["reason"]) == ["no_pseudonym", "shared", "unknown_to_funds"]
    assert list(read_letter(tmp_path / "post", "snds", demo_keyring("custodian")).tables) == ["persons"]
    assert set(own["idacc"]).isdisjoint(letter(tmp_path, "funds", "custodian", "persons")["idacc"])


def test_every_matching_id_in_care_is_one_that_the_custodian_was_told(tmp_path: Path) -> None:
    claims(tmp_path)
    told = set(letter(tmp_path, "snds", "custodian", "persons")["idacc"])
    told |= set(letter(tmp_path, "funds", "custodian", "persons")["idacc"])
    to_hub = read_letter(tmp_path / "post", "snds", demo_keyring("hub"))
    for name in to_hub.tables:
        rows = to_hub.read(name)
        assert "idacc" not in rows.columns or set(rows["idacc"]) <= told
