"""The hub: letters to register and buckets, the matching id gone, no row lost between."""

import json
from pathlib import Path

import polars as pl
import pytest

from pipelines.keys import demo_keyring
from pipelines.keys.hashing import hash_records
from pipelines.ledger import Tally, tally, tally_files
from pipelines.orders import ORDERS_SCHEMA
from pipelines.post import Draft
from pipelines.register import read_register
from pipelines.route import COUNTS, HIDDEN_ROWS, bucket_schemas, hidden_rows, n_buckets, read_counts, receive
from pipelines.star.reads import READS
from schema.errors import DeliveryRefused, MissingStage, SchemaViolation
from schema.layout import HOSPITALS
from schema.raw import declaration
from schema.star import BUCKET_PATIENTS
from tests.pipelines.tables import fates, table

ANSWERS: dict[str, pl.DataType] = {
    "source": pl.String(),
    "idacc": pl.UInt64(),
    "pseudonym": pl.Binary(),
    "linkage": pl.String(),
    "pass": pl.String(),
    "quality": pl.String(),
    "reason": pl.String(),
}
PEOPLE = """
    source     | idacc | pseudonym | linkage | quality | reason
    hospital_1 | 11    | pb        | linked  | low     |
    hospital_2 | 11    | pa        | single  |         |
    funds      | 91    | pb        | linked  | high    |
    snds       | 71    | pc        | alone   |         | no_pseudonym
"""
CARE = {
    "hospital_1": {"patient": "idacc | sex\n11 | 1"},
    "hospital_2": {"patient": "idacc | sex\n11 | 2"},
    "snds": {
        "ER_PRS_F": "idacc | PRS_PAI_MNT | DCT_ORD_NUM\n91 | 1.10 | 1\n71 | 2.00 | 2\n91 | -0.05 | 3",
        "T_MCO18C": "idacc | ETA_NUM | RSA_NUM\n91 | F | r1",
        "T_MCO19C": "idacc | ETA_NUM | RSA_NUM\n91 | F | r1",
        "IR_PHA_R": "PHA_CIP_C13\n3400900000011",
    },
}
Care = dict[str, dict[str, str]]
HUB = demo_keyring("hub")


def leaving(folder: str, text: str) -> pl.DataFrame:
    """Rows of a raw table as a source sends them: the columns that the star reads, and the matching id."""
    declared = declaration(folder)
    person = {} if folder == "IR_PHA_R" else {"idacc": pl.UInt64()}
    return table(text, {c: declared.schema[c] for c in READS[declared.name]} | person)


def deliver(
    post: Path, people: str = PEOPLE, care: Care | None = None, delivery: int = 1, orders: str = "order | pseudonym"
) -> None:
    answers, changes = table(people, ANSWERS), table(orders, ORDERS_SCHEMA)
    draft = Draft(post, demo_keyring("custodian"), "hub", delivery)
    draft.add("answers", answers, tally(answers))
    draft.add("orders", changes, tally(changes))
    draft.send()
    for sender in (*HOSPITALS, "snds"):
        draft = Draft(post, demo_keyring(sender), "hub", delivery)
        for folder, text in (CARE if care is None else care).get(sender, {}).items():
            rows = leaving(folder, text)
            draft.add(folder, rows, tally(rows))
        draft.send()


def read(hub: Path, name: str, number: int = 0) -> pl.DataFrame:
    paths = sorted((hub / "buckets" / name / f"bucket={number}").glob("*.parquet"))
    return pl.read_parquet(paths, hive_partitioning=False)


def test_rows_lie_under_the_register_s_numbers_and_the_matching_id_is_gone(tmp_path: Path) -> None:
    deliver(tmp_path / "post")
    receive(HUB, tmp_path / "hub", tmp_path / "post")
    register = dict(read_register(tmp_path / "hub").select("pseudonym", "patient_key").rows())
    assert register == {b"pa": 1, b"pb": 2, b"pc": 3}
    assert sorted(read(tmp_path / "hub", "patient").select("patient_key", "source", "sex").rows()) == [
        (1, "hospital_2", 2),
        (2, "hospital_1", 1),
    ]
    claims = read(tmp_path / "hub", "ER_PRS_F")
    assert sorted(claims.select("patient_key", "DCT_ORD_NUM").rows()) == [(2, 1), (2, 3), (3, 2)]
    for name in ("patient", "ER_PRS_F", "T_MCOaaC", "persons"):
        found = read(tmp_path / "hub", name)
        assert "idacc" not in found.columns
        assert "pseudonym" not in found.columns
        assert dict(found.schema).items() >= bucket_schemas()[name].items()


def test_abstracts_of_all_years_lie_in_one_table_and_keep_their_year(tmp_path: Path) -> None:
    deliver(tmp_path / "post")
    receive(HUB, tmp_path / "hub", tmp_path / "post")
    assert sorted(read(tmp_path / "hub", "T_MCOaaC")["exit_year"]) == [2018, 2019]


def test_claims_come_from_the_snds_under_the_matching_ids_of_the_funds(tmp_path: Path) -> None:
    """A hospital that happens to have drawn the same number is no match."""
    people = PEOPLE.rstrip() + "\n    hospital_4 | 91    | pd        | single  |         |\n"
    deliver(tmp_path / "post", people)
    receive(HUB, tmp_path / "hub", tmp_path / "post")
    register = dict(read_register(tmp_path / "hub").select("pseudonym", "patient_key").rows())
    assert set(read(tmp_path / "hub", "T_MCOaaC")["patient_key"]) == {register[b"pb"]}


def test_persons_are_told_by_whom_they_are_known(tmp_path: Path) -> None:
    deliver(tmp_path / "post")
    receive(HUB, tmp_path / "hub", tmp_path / "post")
    assert sorted(read(tmp_path / "hub", "persons").rows()) == [
        (1, False, 1, "single", None, None),
        (2, True, 1, "linked", None, "low"),
        (3, True, 0, "alone", "no_pseudonym", None),
    ]


def test_counts_of_each_bucket_are_rows_and_cents(tmp_path: Path) -> None:
    deliver(tmp_path / "post")
    sent = receive(HUB, tmp_path / "hub", tmp_path / "post")
    counts = json.loads((tmp_path / "hub" / "buckets" / COUNTS).read_text())
    assert sent["ER_PRS_F"].rows == 3
    assert counts["ER_PRS_F"]["0"]["cents"]["PRS_PAI_MNT"] == 305
    assert counts["ER_PRS_F"]["total"] == counts["ER_PRS_F"]["0"]
    paths = sorted((tmp_path / "hub" / "buckets" / "ER_PRS_F").glob("*/*.parquet"))
    assert tally_files(paths) == sent["ER_PRS_F"]


def test_rows_of_a_person_whom_nobody_answered_for_are_not_lost_in_silence(tmp_path: Path) -> None:
    deliver(tmp_path / "post", "\n".join(PEOPLE.splitlines()[:-2]))
    with pytest.raises(SchemaViolation, match="Rows or cents of ER_PRS_F were lost between letter and bucket"):
        receive(HUB, tmp_path / "hub", tmp_path / "post")
    assert not (tmp_path / "hub" / "buckets").exists()


@pytest.mark.parametrize("order", ["oppose", "erase"])
def test_rows_of_a_person_who_opposed_are_counted_and_lie_in_no_bucket(tmp_path: Path, order: str) -> None:
    deliver(tmp_path / "post", orders=f"order | pseudonym\n{order} | pb")
    sent = receive(HUB, tmp_path / "hub", tmp_path / "post")
    counts = read_counts(tmp_path / "hub" / "buckets")
    assert read(tmp_path / "hub", "persons")["patient_key"].sort().to_list() == [1, 3]
    assert read(tmp_path / "hub", "ER_PRS_F")["patient_key"].to_list() == [3]
    assert counts["ER_PRS_F"][HIDDEN_ROWS] == Tally(2, sent["ER_PRS_F"].cents | {"PRS_PAI_MNT": 105})
    assert fates(hidden_rows(counts), "ER_PRS_F") == {"read ": 2, "filtered opposed_or_erased": 2}
    assert sent["ER_PRS_F"].rows == 3


def test_withdrawal_brings_the_person_back_under_her_number(tmp_path: Path) -> None:
    for delivery, order in enumerate(("oppose", "withdraw"), 1):
        deliver(tmp_path / "post", delivery=delivery, orders=f"order | pseudonym\n{order} | pb")
        receive(HUB, tmp_path / "hub", tmp_path / "post")
    assert read(tmp_path / "hub", "ER_PRS_F")["patient_key"].sort().to_list() == [2, 2, 3]
    assert hidden_rows(read_counts(tmp_path / "hub" / "buckets")).entries == {}


def test_world_without_any_claim_is_received(tmp_path: Path) -> None:
    header = {"ER_PRS_F": "idacc | PRS_PAI_MNT", "IR_PHA_R": "PHA_CIP_C13\n3400900000011"}
    deliver(tmp_path / "post", care={"snds": header, "hospital_1": CARE["hospital_1"]})
    sent = receive(HUB, tmp_path / "hub", tmp_path / "post")
    assert sent["ER_PRS_F"].rows == 0
    assert (tmp_path / "hub" / "buckets" / COUNTS).is_file()


def test_second_delivery_keeps_the_numbers_of_the_first(tmp_path: Path) -> None:
    deliver(tmp_path / "post")
    receive(HUB, tmp_path / "hub", tmp_path / "post")
    more = PEOPLE.rstrip() + "\n    hospital_3 | 5     | p0        | single  |         |\n"
    deliver(tmp_path / "post", more, delivery=2)
    receive(HUB, tmp_path / "hub", tmp_path / "post")
    register = read_register(tmp_path / "hub")
    shown = register.select("pseudonym", "patient_key", "first_delivery")
    assert shown.rows() == [(b"pa", 1, 1), (b"pb", 2, 1), (b"pc", 3, 1), (b"p0", 4, 2)]


def test_patients_lie_in_buckets_of_consecutive_keys(tmp_path: Path) -> None:
    n = BUCKET_PATIENTS + 2
    pseudonyms = hash_records(b"k" * 32, "test", [[str(i) for i in range(n)]])
    answers = pl.DataFrame(
        {
            "source": ["hospital_1"] * n,
            "idacc": range(n),
            "pseudonym": pseudonyms,
            "linkage": ["single"] * n,
            "pass": [None] * n,
            "quality": [None] * n,
            "reason": [None] * n,
        },
        schema=ANSWERS,
    )
    deliver(tmp_path / "post", care={"snds": {"IR_PHA_R": "PHA_CIP_C13\n3400900000011"}})
    draft = Draft(tmp_path / "post", demo_keyring("custodian"), "hub", 1)
    draft.add("answers", answers, tally(answers))
    draft.send()
    receive(HUB, tmp_path / "hub", tmp_path / "post")
    assert n_buckets(tmp_path / "hub") == 2
    first, second = (sorted(read(tmp_path / "hub", "persons", k)["patient_key"]) for k in (0, 1))
    assert (first[0], first[-1], len(first)) == (1, BUCKET_PATIENTS, BUCKET_PATIENTS)
    assert second == [BUCKET_PATIENTS + 1, BUCKET_PATIENTS + 2]


def test_hub_without_persons_has_one_bucket_for_the_unknown_one(tmp_path: Path) -> None:
    assert n_buckets(tmp_path) == 1


def test_hub_without_the_custodians_letter_waits(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="No letter from custodian to hub"):
        receive(HUB, tmp_path / "hub", tmp_path / "post")


def test_spoilt_care_letter_is_refused_and_the_old_buckets_stand(tmp_path: Path) -> None:
    deliver(tmp_path / "post")
    receive(HUB, tmp_path / "hub", tmp_path / "post")
    before = read(tmp_path / "hub", "ER_PRS_F")
    deliver(tmp_path / "post", delivery=2)
    part = tmp_path / "post" / "snds_to_hub" / "ER_PRS_F" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(DeliveryRefused, match="1 files that are not those its header names"):
        receive(HUB, tmp_path / "hub", tmp_path / "post")
    assert read(tmp_path / "hub", "ER_PRS_F").equals(before)
