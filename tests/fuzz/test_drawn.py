"""Drawn inputs: any table as CSV, any JSON in place of a manifest or keyring: a sentence or success."""

import csv
import functools
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.layout import Workspace
from tests.fuzz.reader import Reader
from tests.fuzz.targets import EXTRACT, KEYS, read

pytestmark = pytest.mark.slow
SETTINGS = settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_COLUMNS = (
    "BEN_NIR_PSA",
    "BEN_RNG_GEM",
    "BEN_IDT_ANO",
    "BEN_SEX_COD",
    "BEN_NAI_ANN",
    "BEN_DCD_DTE",
    "NUM_ENQ",
    "x",
    "",
)
_CELLS = st.one_of(
    st.text(max_size=12),
    st.integers().map(str),
    st.floats().map(str),
    st.dates().map(str),
    st.sampled_from(["", ".", "1600-01-01", "01JAN2006:00:00:00", "31/02/2019", "200613", "1e400", "NaN", '"', "\0"]),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def reader() -> Iterator[Reader]:
    one = Reader()
    yield one
    one.close()


@SETTINGS
@given(
    columns=st.lists(st.sampled_from(_COLUMNS), min_size=1, max_size=6),
    rows=st.lists(st.lists(_CELLS, max_size=6), max_size=5),
    separator=st.sampled_from(";,\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_table_as_csv(
    columns: list[str],
    rows: list[list[str]],
    separator: str,
    encoding: str,
    ending: str,
    reader: Reader,
    tmp_path: Path,
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=ending).writerows([columns, *rows])
    path = tmp_path / "workspace" / EXTRACT / "IR_BEN_R.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue().encode(encoding, errors="replace"))
    outcome = reader.run(functools.partial(read, "extract", tmp_path / "workspace", path, tmp_path / "scratch"))
    assert outcome.kind in ("success", "refused"), outcome


def with_one_changed(content: object, path: list[int], value: object) -> object:
    """JSON with another value somewhere: each number of the path chooses a branch, as often as there is one."""
    if not path or not isinstance(content, dict | list) or not content:
        return value
    places = list(content) if isinstance(content, dict) else list(range(len(content)))
    chosen = places[path[0] % len(places)]
    changed = content.copy()
    changed[chosen] = with_one_changed(content[chosen], path[1:], value)
    return changed


@pytest.mark.parametrize(
    ("target", "file"),
    [
        ("manifest", "manifest.json"),
        ("source manifest", "sources/hospital_1/manifest.json"),
        ("truth manifest", "truth/manifest.json"),
        ("ledger", "hub/ledger.json"),
        ("counts of the buckets", "hub/buckets/counts.json"),
        ("keyring", f"{KEYS}/custodian.json"),
    ],
)
def test_any_json_in_place_of_ours(target: str, file: str, small: Workspace, reader: Reader, tmp_path: Path) -> None:
    path = small.root / file
    content = path.read_text()

    @SETTINGS
    @given(where=st.lists(st.integers(0, 9), max_size=4), value=_JSON)
    def play(where: list[int], value: object) -> None:
        path.write_text(json.dumps(with_one_changed(json.loads(content), where, value)))
        outcome = reader.run(functools.partial(read, target, small.root, path, tmp_path / "scratch"))
        assert outcome.kind in ("success", "refused"), outcome
        assert outcome.kind == "success" or "\n" not in outcome.said

    try:
        play()
    finally:
        path.write_text(content)
