"""Pseudonyms of an export: one image a pseudonym within it, none shared between two."""

import polars as pl
import pytest

from pipelines.export.images import Images, kind_of
from schema.raw import TABLES
from tests.pipelines.tables import table

PSA, OTHER, ANO = "AAAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBB", "CCCCCCCCCCCCCCCCC"
REGISTER = f"""
    BEN_NIR_PSA | BEN_RNG_GEM | BEN_NIR_ANO | BEN_IDT_ANO | ASS_NIR_ANO
    {PSA}       | 1           | {ANO}       | {ANO}       | {ANO}
    {PSA}       | 2           |             | {PSA}2      |
    {OTHER}     | 1           |             | {OTHER}1    | {ANO}
"""


def rows(folder: str, text: str) -> pl.DataFrame:
    return table(text, TABLES[folder].schema)


def test_pseudonym_has_one_image_in_every_table() -> None:
    images = Images()
    register = images.replace("IR_BEN_R", rows("IR_BEN_R", REGISTER))
    claims = images.replace("ER_PRS_F", rows("ER_PRS_F", f"BEN_NIR_PSA\n{OTHER}\n{PSA}\n{PSA}"))
    stays = images.replace("T_MCO19C", table(f"NIR_ANO_17\n{PSA}", TABLES["T_MCOaaC"].schema))

    psa, _, other = register["BEN_NIR_PSA"]
    assert claims["BEN_NIR_PSA"].to_list() == [other, psa, psa]
    assert stays["NIR_ANO_17"].to_list() == [psa]
    assert len({psa, other, PSA, OTHER}) == 4
    assert {len(psa), len(other)} == {17}


def test_person_stays_known_by_her_own_number_or_by_pseudonym_and_rank() -> None:
    register = Images().replace("IR_BEN_R", rows("IR_BEN_R", REGISTER))

    first, second, third = register.rows(named=True)
    assert first["BEN_IDT_ANO"] == first["BEN_NIR_ANO"] == first["ASS_NIR_ANO"] == third["ASS_NIR_ANO"]
    assert second["BEN_IDT_ANO"] == second["BEN_NIR_PSA"] + "2"
    assert third["BEN_IDT_ANO"] == third["BEN_NIR_PSA"] + "1"


def test_kinds_of_pseudonyms_share_no_image() -> None:
    register = Images().replace("IR_BEN_R", rows("IR_BEN_R", f"BEN_NIR_PSA | BEN_NIR_ANO\n{PSA} | {PSA}"))

    assert register["BEN_NIR_PSA"].item() != register["BEN_NIR_ANO"].item()


def test_two_exports_share_no_image() -> None:
    given = rows("IR_BEN_R", REGISTER)
    names = [c.name for c in TABLES["IR_BEN_R"].columns if c.privacy == "person"]
    first, second = (
        set(Images().replace("IR_BEN_R", given).select(names).unpivot()["value"].drop_nulls()) for _ in range(2)
    )

    assert len(first) == len(second) == 5  # two PSA, one own number, two numbers of pseudonym and rank
    assert first.isdisjoint(second)


def test_missing_pseudonym_stays_missing_and_a_number_that_is_no_text_leaves_empty() -> None:
    claims = rows("ER_PRS_F", f"BEN_NIR_PSA | PFS_EXE_NUM | PFS_PRE_NUM | IJR_EMP_NUM\n{PSA} | 12345678 | | 99")
    replaced = Images().replace("ER_PRS_F", claims)

    assert replaced["PFS_PRE_NUM"].to_list() == [None]
    assert replaced["IJR_EMP_NUM"].to_list() == [None]
    assert replaced["PFS_EXE_NUM"].item() not in (None, "12345678")


def test_columns_without_a_pseudonym_leave_as_they_are() -> None:
    claims = rows("ER_PRS_F", f"BEN_NIR_PSA | BEN_RNG_GEM | EXE_SOI_DTD | PRS_PAI_MNT\n{PSA} | 2 | 2018-03-05 | 12.30")
    plain = [name for name in claims.columns if kind_of("ER_PRS_F", name) is None]

    assert len(plain) == 123 - 6  # person, and professionals: executant, prescriber twice, physician, employer
    assert Images().replace("ER_PRS_F", claims).select(plain).equals(claims.select(plain))


@pytest.mark.parametrize("folder", [name for name in TABLES if name.startswith(("ER_", "IR_", "T_MCO"))])
def test_every_column_tagged_person_or_professional_has_a_kind(folder: str) -> None:
    tagged = {c.name for c in TABLES[folder].columns if c.privacy in ("person", "professional")}
    assert {name for name in TABLES[folder].schema if kind_of(folder, name)} == tagged
