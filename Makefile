PYTHON ?= python3
BIN := .venv/bin
export PYTHON

# A path inherited from the shell could put another `schema` before ours.
unexport PYTHONPATH

# The folder may have been moved or copied since: `ready` names the place it was made for.
ifneq ($(shell cat .venv/ready 2>/dev/null),$(CURDIR))
.PHONY: .venv/ready
endif

.PHONY: build test check slow lock clean

build: .venv/ready
	@$(BIN)/emc2 build --persons 10_000 --workers 2

test: .venv/ready
	@$(BIN)/python -m pytest -n 2 -q

check: .venv/ready
	@.ci/check

slow: .venv/ready
	@$(BIN)/python -m pytest -m slow

.venv/ready: requirements.lock .ci/set-up
	@.ci/set-up

lock:
	@command -v uv >/dev/null 2>&1 || { echo "The lock is resolved by uv: install uv, then run make lock again." >&2; exit 1; }
	@uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --quiet --output-file requirements.lock

# Never a workspace nor a keyring: those are the user's.
clean:
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
