"""The common manifest: what is stale, what is refused, and what it must never hold."""

import json
from pathlib import Path

import pytest

from pipelines.manifest import Manifest, Stage, read_manifest
from schema.configuration import Configuration
from schema.errors import MissingStage, SchemaViolation
from schema.layout import Workspace


def stage(name: str, inputs: dict[str, str] | None = None, rows: int = 1, **content: int) -> Stage:
    return Stage(name, inputs or {}, rows, 10, 0.5, dict(content))


def chain() -> Manifest:
    manifest = Manifest(Configuration(100), "DEMO", 1)
    manifest.record(stage("sources"))
    manifest.record(stage("buckets", manifest.ids("sources")))
    manifest.record(stage("star", manifest.ids("buckets")))
    return manifest


def written(tmp_path: Path, text: str) -> Workspace:
    workspace = Workspace(tmp_path)
    workspace.manifest.write_text(text, encoding="utf-8")
    return workspace


def test_stage_made_from_what_stands_is_current() -> None:
    manifest = chain()
    assert manifest.is_current("buckets", "sources")
    assert manifest.is_current("star", "buckets")
    assert manifest.is_current("sources")


def test_stage_is_stale_when_its_input_was_made_again_with_another_content() -> None:
    manifest = chain()
    manifest.record(stage("sources", rows=2))
    assert not manifest.is_current("buckets", "sources")
    assert manifest.is_current("star", "buckets")


def test_stage_stays_current_when_its_input_was_made_again_the_same() -> None:
    manifest = chain()
    manifest.record(Stage("sources", {}, 1, 999, 123.4, {}))
    assert manifest.is_current("buckets", "sources")


def test_stage_that_is_absent_or_has_lost_its_input_is_not_current() -> None:
    manifest = chain()
    assert not manifest.is_current("warehouse", "star")
    assert not manifest.is_current("star", "buckets", "sources")
    del manifest.stages["buckets"]
    assert not manifest.is_current("star", "buckets")


@pytest.mark.parametrize(
    "other",
    [
        stage("b", {"x": "1"}, 1, ER_PRS_F=1),
        stage("a", {"x": "2"}, 1, ER_PRS_F=1),
        stage("a", {"x": "1"}, 2, ER_PRS_F=1),
        stage("a", {"x": "1"}, 1, ER_PRS_F=2),
    ],
)
def test_id_follows_name_inputs_rows_and_content(other: Stage) -> None:
    assert other.id != stage("a", {"x": "1"}, 1, ER_PRS_F=1).id


def test_id_does_not_follow_the_order_of_content() -> None:
    assert stage("a", None, 1, x=1, y=2).id == stage("a", None, 1, y=2, x=1).id


def test_manifest_is_read_as_written(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    chain().save(workspace)
    assert read_manifest(workspace) == chain()
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_manifest_holds_neither_a_seed_nor_a_secret(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    chain().save(workspace)
    content = json.loads(workspace.manifest.read_text())
    assert set(content) == {"format", "notice", "configuration", "versions", "keyring", "delivery", "stages"}
    assert set(content["configuration"]) == {"persons", "first_year", "years", "clean"}
    assert "seed" not in workspace.manifest.read_text()


def test_folder_without_a_manifest_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="is no workspace: run `emc2 build`, or name one by --workspace"):
        read_manifest(Workspace(tmp_path))


def test_manifest_of_another_format_is_refused(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    chain().save(workspace)
    content = json.loads(workspace.manifest.read_text())
    written(tmp_path, json.dumps(content | {"format": 2}))
    with pytest.raises(SchemaViolation, match="has format 2, this program reads 1: build a new workspace"):
        read_manifest(workspace)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"format": 1}', "[" * 100_000, '{"format": 1, "stages": []}'],
    ids=["empty", "cut", "list", "null", "no stages", "deep", "stages no table"],
)
def test_manifest_that_cannot_be_understood_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SchemaViolation, match="cannot be read: build a new workspace") as caught:
        read_manifest(written(tmp_path, text))
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "change",
    [{"configuration": {"persons": 5, "more": 1}}, {"stages": {"star": {"rows": 1}}}, {"configuration": None}],
)
def test_manifest_with_other_fields_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    workspace = Workspace(tmp_path)
    chain().save(workspace)
    content = json.loads(workspace.manifest.read_text())
    written(tmp_path, json.dumps(content | change))
    with pytest.raises(SchemaViolation, match="cannot be read"):
        read_manifest(workspace)


def test_manifest_half_written_leaves_the_old_one(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    chain().save(workspace)
    (tmp_path / "manifest.next").write_text("{")
    assert read_manifest(workspace) == chain()
