"""Each party opens its own directory, keyring and mail, needs nothing else, and starts at once."""

import os
import shlex
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from pipelines.keys import Keyrings, hold_ceremony
from pipelines.manifest import read_manifest
from pipelines.parties import ACTS, play_link, play_receive, play_send
from pipelines.post import read_letter
from schema.configuration import Configuration
from schema.errors import KeyMaterialError
from schema.layout import KEYRINGS, MAIL, PARTIES, SOURCES, WORKSPACE, Workspace
from tests.integration import recorder
from tests.integration.workspaces import ROOT, emc2, hashes, make_sources, run_all
from tests.pipelines.keyrings import CHEAP, dealt

PERSONS = Configuration(300)  # one block, one bucket
ORDER = ("hospital_1", "hospital_2", "hospital_3", "hospital_4", "funds", "snds", "custodian", "hub")
MAIN = "from emc2.cli import main; main()"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workspace that holds sources only, and a class's keyrings beside it; never changed."""
    folder = tmp_path_factory.mktemp("world")
    make_sources(folder / WORKSPACE, configuration=PERSONS, workers=1)
    hold_ceremony(folder / KEYRINGS, cost=CHEAP)
    return folder


def keyrings(folder: Path) -> Keyrings:
    return Keyrings(folder / KEYRINGS, (folder / KEYRINGS / "passphrase").read_bytes())


def play(party: str, folder: Path) -> None:
    """The party's step, in the whole workspace."""
    workspace, keys = Workspace(folder / WORKSPACE), keyrings(folder)
    if party in SOURCES:
        play_send(party, workspace, keys)
    elif party == "custodian":
        play_link(workspace, keys)
    else:
        play_receive(workspace, keys)


def alone(party: str, folder: Path, place: Path) -> None:
    """Of a folder, what the party holds and nothing else: its directory, its keyring and its mail."""
    here, there = Workspace(folder / WORKSPACE), Workspace(place / WORKSPACE)
    there.root.mkdir(parents=True)
    if here.home(party).is_dir():
        shutil.copytree(here.home(party), there.home(party))
    for letter in here.post.glob(f"*_to_{party}"):
        shutil.copytree(letter, there.post / letter.name)
    (place / KEYRINGS).mkdir()
    for name in (f"{party}.json", "passphrase"):
        shutil.copy(folder / KEYRINGS / name, place / KEYRINGS / name)


def sent(party: str, folder: Path, keys: Keyrings) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """(recipient, table, rows) of each letter of the party, without the matching ids that it drew, in one order."""
    for recipient in MAIL[party]:
        letter = read_letter(folder / WORKSPACE / "post", party, keys.open(recipient))
        for table in letter.tables:
            rows = letter.read(table)
            drawn = [] if party == "custodian" else ["idacc"]
            rows = rows.drop(drawn, strict=False)
            yield recipient, table, rows.sort(rows.columns)


def held_by(party: str, workspace: Workspace) -> dict[str, list[tuple[object, ...]]]:
    """The rows of the vault, or of register and buckets, by file: their order is that of matching ids."""
    folder = workspace.home(party)
    found = {}
    for path in sorted(folder.rglob("*.parquet")) if party not in SOURCES else ():
        if "star" in path.parts:
            continue  # the conductor's
        rows = pl.read_parquet(path, hive_partitioning=False)
        found[str(path.relative_to(folder))] = rows.sort(rows.columns).rows()
    return found


def test_each_party_alone_does_what_it_does_in_the_workspace(world: Path, tmp_path: Path) -> None:
    folder = tmp_path / "together"
    shutil.copytree(world, folder)
    for party in ORDER:
        place = tmp_path / party
        alone(party, folder, place)
        held = {path.name for path in (place / WORKSPACE).iterdir()}
        assert held <= {"sources", "custodian", "hub", "post"}

        play(party, folder)
        result = emc2("party", party, ACTS[party], cwd=place)

        assert result.returncode == 0, result.stderr
        assert result.stdout.startswith(f"{party} ")
        mine, theirs = (Workspace(f / WORKSPACE) for f in (folder, place))
        together, by_itself = (list(sent(party, f, keyrings(folder))) for f in (folder, place))
        assert [row[:2] for row in by_itself] == [row[:2] for row in together]
        for (_, table, expected), (_, _, found) in zip(together, by_itself, strict=True):
            assert found.equals(expected), table
        assert held_by(party, theirs) == held_by(party, mine)
        assert not list(theirs.post.glob(f"*_to_{party}"))  # the letters are spent


def test_parties_one_by_one_make_what_a_run_makes(world: Path, tmp_path: Path) -> None:
    by_hand, at_once = tmp_path / "hand", tmp_path / "once"
    for folder in (by_hand, at_once):
        shutil.copytree(world, folder)
    for party in ORDER:
        play(party, by_hand)
    run_all(Workspace(at_once / WORKSPACE), keyrings(at_once), workers=1)

    first, second = (Workspace(folder / WORKSPACE) for folder in (by_hand, at_once))
    for party in ("custodian", "hub"):
        assert held_by(party, first) == held_by(party, second)
        assert held_by(party, first) != {}

    run_all(first, keyrings(by_hand), workers=1)  # as the second delivery: no number is used twice
    assert read_manifest(first).delivery == 2
    assert hashes(first.star) == hashes(second.star)


def test_run_that_was_killed_does_not_use_its_number_again(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    workspace = Workspace(tmp_path / WORKSPACE)
    (workspace.source("snds") / "manifest.json").rename(tmp_path / "aside")
    assert emc2("run", "--workers", "1", cwd=tmp_path).returncode == 3
    assert read_manifest(workspace).delivery == 1
    (tmp_path / "aside").rename(workspace.source("snds") / "manifest.json")
    run_all(workspace, keyrings(tmp_path), workers=1)
    assert read_manifest(workspace).delivery == 2


def test_source_without_its_keyring_sends_nothing(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    (tmp_path / KEYRINGS / "hospital_1.json").unlink()
    with pytest.raises(KeyMaterialError, match="hospital_1.json is absent: restore it"):
        play("hospital_1", tmp_path)
    assert not (tmp_path / WORKSPACE / "post").exists()


def test_sealed_letter_opens_for_its_recipient_alone(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    play("hospital_1", tmp_path)
    others = dealt(tmp_path / "another")
    opened = 0
    for keys in (keyrings(tmp_path), others, Keyrings()):
        for party in PARTIES:
            for letter in (tmp_path / WORKSPACE / "post").iterdir():
                try:
                    read_letter(letter.parent, "hospital_1", keys.open(party)).read("patient")
                except Exception:  # noqa: BLE001 - however it is refused
                    continue
                opened += 1
    # As every party's own mail it can be opened by the hub alone; the custodian's letter holds no `patient`.
    assert opened == 2


def trespasses(opened: dict[int, set[Path]], folder: Path) -> dict[str, set[str]]:
    """By party, what a process that opened its keyring touched of other parties; `` for one that opened none."""
    workspace = Workspace(folder / WORKSPACE)
    homes = {party: workspace.home(party) for party in PARTIES}
    found: dict[str, set[str]] = {}
    for paths in opened.values():
        owners = {party for party in PARTIES if folder / KEYRINGS / f"{party}.json" in paths}
        who = "+".join(sorted(owners))
        touched = {str(path.relative_to(folder)) for path in paths if folder in path.parents}
        allowed = [str(folder / KEYRINGS / name) for party in owners for name in (f"{party}.json", "passphrase")] + [
            str(homes[party]) for party in owners
        ]
        foreign = {
            path
            for path in touched
            if path.startswith(
                (
                    f"{WORKSPACE}/sources/",
                    f"{WORKSPACE}/custodian/",
                    f"{WORKSPACE}/hub/",
                    KEYRINGS,
                    f"{WORKSPACE}/truth",
                )
            )
            and not str(folder / path).startswith(tuple(allowed))
        }
        mail = {Path(path).parts[2] for path in touched if path.startswith(f"{WORKSPACE}/post/")}
        foreign |= {name for name in mail if owners and not _is_mail_of(name, owners)}
        found[who] = found.get(who, set()) | foreign
    return found


def _is_mail_of(name: str, owners: set[str]) -> bool:
    sender, _, recipient = name.lstrip(".").partition("_to_")
    return sender in owners or recipient.partition("-")[0] in owners


def test_no_party_opens_anothers_directory_keyring_or_mail(world: Path, tmp_path: Path) -> None:
    if not recorder.can_record():
        pytest.skip("strace is not here, or may not trace")
    shutil.copytree(world, tmp_path / "w")
    folder = tmp_path / "w"
    opened = recorder.record(MAIN, ["run", "--workers", "2"], folder, tmp_path / "trace")

    found = trespasses(opened, folder)

    assert set(found) == {"", *PARTIES}  # one keyring a process, and each was opened
    conductor = found.pop("")
    assert found == {party: set() for party in PARTIES}
    assert not [path for path in conductor if "/truth" in path or (path.endswith(".json") and KEYRINGS in path)]
    of_sources = {path.partition("/sources/")[2] for path in conductor if "/sources/" in path}
    assert {Path(path).name for path in of_sources if "/" in path} <= {"sent.json"}  # counters of deliveries
    for party in SOURCES:
        home = Workspace(folder / WORKSPACE).home(party)
        own = [paths for paths in opened.values() if folder / KEYRINGS / f"{party}.json" in paths]
        assert [path for path in set.union(*own) if home in path.parents and path.suffix == ".parquet"]


def test_recorder_sees_a_party_that_opens_what_is_not_its_own(world: Path, tmp_path: Path) -> None:
    if not recorder.can_record():
        pytest.skip("strace is not here, or may not trace")
    shutil.copytree(world, tmp_path / "w")
    program = """
import threading
from pathlib import Path
Path("emc2-keys/hospital_1.json").read_text()
Path("emc2-data/sources/hospital_1/manifest.json").read_text()
thread = threading.Thread(target=Path("emc2-data/sources/hospital_2/manifest.json").read_text)
thread.start(); thread.join()
Path("emc2-data/post/funds_to_snds").mkdir(parents=True)
Path("emc2-data/post/funds_to_snds/header.json").write_text("")
"""
    opened = recorder.record(program, [], tmp_path / "w", tmp_path / "trace")
    assert trespasses(opened, tmp_path / "w")["hospital_1"] == {
        "emc2-data/sources/hospital_2/manifest.json",
        "funds_to_snds",
    }


def python(program: str, folder: Path) -> str:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    ran = subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (("keys", "show", "custodian"), ("polars", "duckdb", "sqlalchemy", "numpy")),
        (("party", "--help"), ("polars", "duckdb", "sqlalchemy", "cryptography")),
        (("party", "hospital_1", "send"), ("duckdb", "warehouse", "pipelines.load")),
    ],
)
def test_commands_of_the_circuit_load_no_database(
    arguments: tuple[str, ...], heavy: tuple[str, ...], world: Path, tmp_path: Path
) -> None:
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    program = f"""
import atexit, sys
sys.argv[1:] = {list(arguments)!r}
atexit.register(lambda: print("loaded:", [name for name in {heavy!r} if name in sys.modules]))
from emc2.cli import main
main()
"""
    assert python(program, tmp_path).splitlines()[-1] == "loaded: []"


def test_ceremony_says_who_received_what_and_no_key(tmp_path: Path) -> None:
    result = emc2("keys", "ceremony", "--class", cwd=tmp_path)
    folder = tmp_path / KEYRINGS
    assert result.returncode == 0, result.stderr
    assert "drawn by the hospitals' assembly and the funds' supervisor" in result.stdout
    keys = keyrings(tmp_path)
    for party in PARTIES:
        keyring = keys.open(party)
        for purpose, kid in keyring.kids.items():
            assert f"{purpose} " in result.stdout
            assert kid in result.stdout
            assert keyring.check_value(purpose) in result.stdout
            assert keyring.secrets[purpose].hex() not in result.stdout
    assert (folder / "passphrase").read_text() not in result.stdout
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    shown = emc2("keys", "show", "hospital_1", cwd=tmp_path)
    assert keys.open("hospital_1").check_value("stage1") in shown.stdout
    assert "pinned of custodian" in shown.stdout
    assert emc2("keys", "show", "hospital_1", cwd=tmp_path / KEYRINGS).stdout.startswith("hospital_1: demo keys")


def test_passphrase_comes_from_a_file_or_a_descriptor_and_never_from_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("a long passphrase\n")
    command = [sys.executable, "-c", MAIN, "keys"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}

    def run(*arguments: str, number: int = -1) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command, *arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            pass_fds=[] if number < 0 else [number],
            capture_output=True,
            text=True,
        )

    assert run("ceremony", "--passphrase-file", "secret").returncode == 0
    assert not (tmp_path / KEYRINGS / "passphrase").exists()
    assert run("show", "hub", "--passphrase-file", "secret").returncode == 0
    reading, writing = os.pipe()
    os.write(writing, b"a long passphrase")
    os.close(writing)
    assert run("show", "hub", "--passphrase-fd", str(reading), number=reading).returncode == 0
    os.close(reading)
    refused = run("show", "hub")
    assert refused.returncode == 5
    assert refused.stderr == "emc2: The keyrings need a passphrase: give --passphrase-file or --passphrase-fd.\n"
    secret.chmod(0o644)
    refused = run("show", "hub", "--passphrase-file", "secret")
    assert (refused.returncode, refused.stderr) == (5, "emc2: secret can be read by others: run chmod 600 on it.\n")
    secret.chmod(0o600)
    secret.write_text("\n")
    assert run("show", "hub", "--passphrase-file", "secret").stderr.startswith("emc2: A passphrase has 1 to 1024 bytes")
    both = run("show", "hub", "--passphrase-file", "secret", "--passphrase-fd", "0")
    assert (both.returncode, "exclude each other" in both.stderr) == (2, True)


def test_passphrase_is_asked_for_on_a_terminal_and_not_shown(tmp_path: Path) -> None:
    if shutil.which("script") is None:
        pytest.skip("`script` is not here to lend a terminal")

    def typed(arguments: str, *answers: str) -> tuple[int, str]:
        """Exit code and screen of a command that asks, each answer typed once its question stands there."""
        command = f"{shlex.quote(sys.executable)} -c {shlex.quote(MAIN)} {arguments}"
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "TERM": "dumb"}
        terminal = ["script", "-qec", command, "/dev/null"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
        with subprocess.Popen(terminal, cwd=tmp_path, env=environment, **pipes) as process:  # type: ignore[call-overload]
            screen = b""
            for answer in answers:
                before = screen.count(b": ")
                while screen.count(b": ") == before:
                    shown = process.stdout.read(1)
                    assert shown, screen  # else it ended without asking
                    screen += shown
                time.sleep(0.1)  # the terminal stops showing what is typed
                process.stdin.write(answer.encode())
            process.stdin.close()
            screen += process.stdout.read()
        return process.returncode, screen.decode()

    code, screen = typed("keys ceremony", "a long secret\n", "a long secrett\n")
    assert (code, "The two passphrases differ" in screen) == (5, True)
    assert not (tmp_path / KEYRINGS).exists()
    for arguments, times in (("keys ceremony", 2), ("keys show hub", 1)):
        code, screen = typed(arguments, *["a long secret\n"] * times)
        assert code == 0, screen
        assert "check value" in screen
        assert "a long secret" not in screen
    code, screen = typed("keys show hub", "another\n")
    assert (code, "does not open" in screen) == (5, True)
    code, screen = typed("keys show hub", "\x04")
    assert (code, "A passphrase has 1 to 1024 bytes" in screen) == (5, True)


def test_wish_is_noted_at_the_hospital_and_leaves_with_its_next_letter(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    workspace = Workspace(tmp_path / WORKSPACE)
    number = pl.read_parquet(workspace.source("hospital_1") / "patient" / "*.parquet")["patient_number"][0]
    (tmp_path / "numbers").write_text(f"{number}\n\n")
    wish = ("party", "hospital_1", "oppose", "--patient-number-file")
    assert emc2(*wish, "numbers", cwd=tmp_path).stdout.startswith("hospital_1 noted oppose of 1 patients")
    play("hospital_1", tmp_path)
    letter = read_letter(workspace.post, "hospital_1", keyrings(tmp_path).open("custodian"))
    assert letter.read("wishes").select("wish").rows() == [("oppose",)]

    (tmp_path / "numbers").write_text("no such number\n")
    for arguments, code in (((*wish, "numbers"), 2), ((*wish, "absent"), 2), (("party", "hospital_1", "oppose"), 2)):
        refused = emc2(*arguments, cwd=tmp_path)
        assert refused.returncode == code
        assert "no such number" not in refused.stderr
    assert emc2("party", "hub", "oppose", "--patient-number-file", "numbers", cwd=tmp_path).returncode == 2
