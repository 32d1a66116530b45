"""The disk full, and the command interrupted, at each stage: nothing whole is lost, and the next run completes."""

import signal

from tests.integration.failures import GENERATE, RUN, Failure, Interruption, nothing, without

_FULL = "The disk is full: nothing was replaced; free some space and run again."
_INTERRUPTED = "Interrupted: what was whole stays whole; run the same command again."
_DELIVER = without("hub/buckets")
_NO_WORLD = without("sources", "truth", "hub", "custodian", "manifest.json")

_EXPORT = ("export", "--as", "snds", "--to", "exported")
_IMPORT = ("import", "emc2-data/sources/snds", "--synthetic", "--workers", "1")

_ROOMS = [
    ("generate", GENERATE, without("truth/manifest.json"), 100),
    ("pseudonymise", RUN, _DELIVER, 100),
    ("attach", RUN, _DELIVER, 900),
    ("star", RUN, without("hub/star"), 200),
    ("warehouse", RUN, without("hub/warehouse.duckdb"), 2_000),
    ("export", _EXPORT, nothing, 100),
    ("landing of an import", _IMPORT, nothing, 100),
    ("pipeline of an import", _IMPORT, nothing, 2_500),
]
_MOMENTS = [
    ("generate", GENERATE, _NO_WORLD, "emc2-data/.generate-*/sources"),
    ("pseudonymise", RUN, _DELIVER, "emc2-data/post/.*_to_custodian-*"),
    ("link", RUN, _DELIVER, "emc2-data/post/snds_to_hub"),
    ("buckets", RUN, _DELIVER, "emc2-data/hub/.buckets-*"),
    ("star", RUN, without("hub/star"), "emc2-data/hub/.star-*"),
    ("warehouse", RUN, without("hub/warehouse.duckdb"), "emc2-data/hub/warehouse.duckdb.next"),
    ("export", _EXPORT, nothing, ".exported.next"),
    ("landing of an import", _IMPORT, nothing, "emc2-import/sources/.snds-*"),
    ("pipeline of an import", _IMPORT, nothing, "emc2-import/hub/.star-*"),
]

FAILURES = (
    *(
        Failure(
            f"the disk is full while `{stage}` writes", command, 10, _FULL, before, room=room, is_slow=stage != "star"
        )
        for stage, command, before, room in _ROOMS
    ),
    Failure(
        "the disk is full while a result is written",
        ("sql", "SELECT * FROM fact_care_claim", "--format", "parquet"),
        10,
        _FULL,
        nothing,
        room=20,
        output="result.parquet",
    ),
    *(
        Failure(
            f"{sign.name} while `{stage}` works",
            command,
            128 + sign,
            _INTERRUPTED,
            before,
            interruption=Interruption(sign, appears=appears),
            is_slow=(stage, sign) not in (("star", signal.SIGTERM), ("warehouse", signal.SIGINT)),
        )
        for stage, command, before, appears in _MOMENTS
        for sign in (signal.SIGINT, signal.SIGTERM)
    ),
)
