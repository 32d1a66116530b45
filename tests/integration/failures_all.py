"""Every failure mode that is tested."""

from tests.integration import failures_files, failures_letters, failures_options, failures_stages
from tests.integration.failures import Failure

FAILURES: tuple[Failure, ...] = (
    *failures_options.FAILURES,
    *failures_files.FAILURES,
    *failures_stages.FAILURES,
    *failures_letters.FAILURES,
)
