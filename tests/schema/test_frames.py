"""Declarations fail closed."""

from pathlib import Path

import pytest

from schema.frames import read_declaration

HEAD = "# source: written here\ncolumn,type,key,privacy,filled_by,meaning,null\n"


@pytest.mark.parametrize("tag", ["", "secret"])
def test_column_without_a_known_tag_is_refused(tag: str, tmp_path: Path) -> None:
    path = tmp_path / "patient.csv"
    path.write_text(f"{HEAD}sex,int64,,{tag},generator,sex,never\n")

    with pytest.raises(ValueError, match="column sex has no known privacy tag"):
        read_declaration(path)


def test_column_that_nobody_fills_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "patient.csv"
    path.write_text(f"{HEAD}sex,int64,,quasi,somebody,sex,never\n")

    with pytest.raises(ValueError, match="is filled by nobody"):
        read_declaration(path)


def test_declared_column_is_read_with_its_tag(tmp_path: Path) -> None:
    path = tmp_path / "patient.csv"
    path.write_text(f"{HEAD}sex,int64,1,quasi,generator,sex,never\n")

    assert read_declaration(path).column("sex").privacy == "quasi"
    assert read_declaration(path).key == ("sex",)
