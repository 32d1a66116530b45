"""Who is who in an extract that came without identities, and what leaves its step."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.imported import Pseudonyms, find_pseudonyms, identify, import_send
from pipelines.keys import deal, demo_keyring
from pipelines.ledger import Ledger
from pipelines.post import read_letter
from schema.configuration import Extraction
from schema.errors import SchemaViolation
from tests.pipelines.sources import write_source
from tests.pipelines.tables import cells, fates, shown

REGISTER = """
    BEN_NIR_PSA | BEN_RNG_GEM | BEN_IDT_ANO
    CHILD       | 1           | OWN
    ADULT       | 1           | OWN
    TWINS       | 1           |
    TWINS       | 2           |
    TWICE       | 1           | Z
    TWICE       | 1           | B
"""
SNDS = {
    "IR_BEN_R": REGISTER,
    "IR_IMB_R": "BEN_NIR_PSA | BEN_RNG_GEM\nILL | 1",
    "ER_PRS_F": """
        BEN_NIR_PSA | BEN_RNG_GEM | DCT_ORD_NUM
        CHILD       | 1           | 1
        ADULT       | 1           | 2
        PAID        | 1           | 3
        PAID        | 1           | 4
        TWINS       | 2           | 5
    """,
    "ER_PHA_F": "DCT_ORD_NUM | PHA_ORD_NUM\n1 | \n1 | \n4 | 1\n9 | 1",
    "T_MCO18C": """
        ETA_NUM | RSA_NUM | NIR_ANO_17
        F       | r1      | ADULT
        F       | r2      | TWINS
        F       | r3      | BED
        F       | r4      |
        F       | r5      |
        F       | r6      | BED
    """,
    "T_MCO18B": "ETA_NUM | RSA_NUM\nF | r1\nF | r2\nF | r3",
    "T_MCO07B": "ETA_NUM | RSA_NUM\nF | r1",
}
EXTRACTION = Extraction(date(2018, 12, 31), (2007, 2018))
FRESH = deal(("snds", "hub"), "fresh")


def sent(tmp_path: Path, delivery: int = 1) -> tuple[Ledger, Pseudonyms]:
    source = tmp_path / "snds"
    if not source.exists():
        write_source(source, **SNDS)
    return import_send(FRESH["snds"], source, tmp_path / "post", delivery, EXTRACTION)


def letter(tmp_path: Path, name: str) -> pl.DataFrame:
    return read_letter(tmp_path / "post", "snds", FRESH["hub"]).read(name)


def test_a_person_is_her_own_number_where_the_register_knows_it_else_number_and_rank(tmp_path: Path) -> None:
    known = identify(find_pseudonyms(write_source(tmp_path, **SNDS)), demo_keyring("snds"))
    persons = known.sort("BEN_NIR_PSA", "BEN_RNG_GEM").select("BEN_NIR_PSA", "BEN_RNG_GEM", "idacc", "handle")
    ids = {(psa, rank): (idacc, handle) for psa, rank, idacc, handle in persons.rows()}
    assert ids[("CHILD", 1)] == ids[("ADULT", 1)]
    assert ids[("TWINS", 1)] != ids[("TWINS", 2)]
    assert len(ids) == 7
    assert len({idacc for idacc, _ in ids.values()}) == len({handle for _, handle in ids.values()}) == 6


def test_of_several_numbers_in_the_register_the_least_is_hers_whatever_the_order(tmp_path: Path) -> None:
    expected = """
        BEN_NIR_PSA | BEN_RNG_GEM | BEN_IDT_ANO | is_registered | claims
        ADULT       | 1           | OWN         | true          | 1
        CHILD       | 1           | OWN         | true          | 1
        ILL         | 1           |             | false         | 0
        PAID        | 1           |             | false         | 2
        TWICE       | 1           | B           | true          | 0
        TWINS       | 1           |             | true          | 0
        TWINS       | 2           |             | true          | 1
    """
    header, *rows = REGISTER.strip().splitlines()
    for number, register in enumerate([REGISTER, "\n".join([header, *reversed(rows)])]):
        source = write_source(tmp_path / str(number), **{**SNDS, "IR_BEN_R": register})
        found = find_pseudonyms(source).sort("BEN_NIR_PSA", "BEN_RNG_GEM")
        assert shown(found, expected) == cells(expected)


def test_every_matching_id_is_answered_once_and_nobody_is_linked(tmp_path: Path) -> None:
    sent(tmp_path)
    answers = letter(tmp_path, "answers")
    assert sorted(answers.select("linkage", "reason").rows(), key=str) == sorted(
        [("single", None)] * 7 + [("alone", "shared")] + [("alone", "no_pseudonym")] * 2, key=str
    )
    assert answers["idacc"].n_unique() == answers["pseudonym"].n_unique() == answers.height == 10
    for folder in ("IR_BEN_R", "IR_IMB_R", "ER_PRS_F", "ER_PHA_F", "T_MCO18C", "T_MCO18B"):
        assert set(letter(tmp_path, folder)["idacc"]) <= set(answers["idacc"])


def test_what_pseudonyms_stand_for_is_counted(tmp_path: Path) -> None:
    _, found = sent(tmp_path)
    assert found == Pseudonyms(
        persons=10,
        pseudonyms_of_several_persons=1,
        pseudonyms_in_discharge_abstracts_only=1,
        stays_without_pseudonym=2,
        claims_without_register_row=2,
    )


def test_stays_of_one_pseudonym_are_one_person_and_those_of_claims_are_hers(tmp_path: Path) -> None:
    sent(tmp_path)
    stays = dict(letter(tmp_path, "T_MCO18C").select("RSA_NUM", "idacc").rows())
    claims = dict(letter(tmp_path, "ER_PRS_F").select("DCT_ORD_NUM", "idacc").rows())
    assert stays["r1"] == claims[1] == claims[2]
    assert stays["r3"] == stays["r6"]
    assert len({stays["r2"], stays["r3"], stays["r4"], stays["r5"], *claims.values()}) == 7


def test_every_row_has_its_fate_and_a_key_with_a_null_repeats_none(tmp_path: Path) -> None:
    ledger, _ = sent(tmp_path)
    assert fates(ledger, "ER_PHA_F") == {"read ": 4, "kept ": 3, "rejected no_parent": 1}
    assert fates(ledger, "T_MCO07B") == {"read ": 1, "rejected no_parent": 1}
    ledger.check_balance()


def test_where_the_key_of_claims_lacks_a_column_no_drug_line_is_a_repeat(tmp_path: Path) -> None:
    drugs = "DCT_ORD_NUM | PHA_ORD_NUM\n1 | 1\n1 | 1"
    source = write_source(tmp_path / "snds", **{**SNDS, "ER_PHA_F": drugs})
    for lacking, rows in ((("FLX_EMT_ORD",), 2), ((), 1)):
        extraction = Extraction(EXTRACTION.extraction_date, (), lacking)
        ledger, _ = import_send(FRESH["snds"], source, tmp_path / "post", 1, extraction)
        assert ledger.of("ER_PHA_F", "kept").rows == rows


def test_two_deliveries_share_no_pseudonym_and_no_letter_holds_one_of_the_extract(tmp_path: Path) -> None:
    sent(tmp_path)
    first = letter(tmp_path, "answers")
    again = deal(("snds", "hub"), "fresh")
    import_send(again["snds"], tmp_path / "snds", tmp_path / "post", 2, EXTRACTION)
    received = read_letter(tmp_path / "post", "snds", again["hub"])
    assert set(first["pseudonym"]).isdisjoint(received.read("answers")["pseudonym"])
    assert "ER_PRS_F" in received.tables
    for table in received.tables:
        values = {value for column in received.read(table).select(pl.col(pl.String)) for value in column}
        assert values.isdisjoint({"CHILD", "ADULT", "OWN", "TWINS", "BED", "PAID"})


def test_a_row_that_is_rejected_makes_nobody(tmp_path: Path) -> None:
    claims = "BEN_NIR_PSA | BEN_RNG_GEM | PSE_SPE_COD\nA | 1 | 1\nB | 1 | 99999"
    ledger, found = import_send(
        FRESH["snds"], write_source(tmp_path / "snds", ER_PRS_F=claims), tmp_path / "post", 1, EXTRACTION
    )
    assert fates(ledger, "ER_PRS_F") == {"read ": 2, "kept ": 1, "rejected beyond_PSE_SPE_COD": 1}
    assert (found.persons, found.claims_without_register_row) == (1, 1)


def test_an_extract_of_drugs_alone_has_nobody(tmp_path: Path) -> None:
    source = write_source(tmp_path / "snds", IR_PHA_R="PHA_CIP_C13\n3400900000011")
    ledger, found = import_send(FRESH["snds"], source, tmp_path / "post", 1, EXTRACTION)
    assert found == Pseudonyms(0, 0, 0, 0, 0)
    assert fates(ledger, "IR_PHA_R") == {"read ": 1, "kept ": 1}
    assert letter(tmp_path, "answers").height == 0


def test_a_part_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    source = write_source(tmp_path / "snds", **SNDS)
    (source / "ER_PRS_F" / "part-00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(SchemaViolation, match="cannot be read as Parquet: import the extract again"):
        import_send(FRESH["snds"], source, tmp_path / "post", 1, EXTRACTION)
