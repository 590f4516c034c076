# One environment in .venv, installed from constraints.txt: every package pinned, every file's hash checked.
# Needs make and Python 3.11 or newer, and no compiler, on Linux on x86-64 or arm64 and on macOS on arm64.

PYTHON ?= python3
ARGS ?=
ENVIRONMENT := .venv
BIN := $(ENVIRONMENT)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
UV := $(BIN)/uv pip install --python $(BIN)/python --quiet --compile-bytecode --link-mode copy
# setuptools is pinned too, so that nothing is fetched unchecked to install the project itself.
COMPILE := echo setuptools | $(BIN)/uv pip compile pyproject.toml - --universal --python-version 3.11 --quiet \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links --annotation-style line
CHECKED := $(ENVIRONMENT)/migrated# an empty database for the migration check, away from the demo's
EMBEDDED_SECTION := \# Only for the embedded servers
BILL_SECTION := \# Only for the bill of materials
TEST_SECTION := \# Only for the tests
# The tests of `make test`; none named, as in CI, are all: in one run what they share is set up once.
TESTS ?= not system
# Files whose tests share what is costly to set up stay together.
PYTEST := $(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder
# The pins of a second file that a first one lacks.
ADDED := awk 'FNR == NR { if (/==/) pinned[$$1]; next } /==/ { wanted = !($$1 in pinned) } wanted'

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run test types checks test-system test-fast test-long faults bench constraints wheels audit-packages bill clean
# Where this is set, each process of the tests would compile every module anew.
export PYTHONDONTWRITEBYTECODE =

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

install: $(ENVIRONMENT)/installed ## Install the samverkan command into .venv/bin

run: $(ENVIRONMENT)/installed ## Start everything and show Landskrona's year 2016 (ARGS=--exit ends after the table)
	@$(BIN)/samverkan demo $(ARGS)

test: $(ENVIRONMENT)/installed-test ## Check style, types, layers and migrations, and test every rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory --jobs 2 types checks

# Without its cache mypy takes a minute of one core, which the tests do not wait for.
types: $(ENVIRONMENT)/installed-test
	$(BIN)/mypy

checks: $(ENVIRONMENT)/installed-test
	$(BIN)/lint-imports
	@rm -rf $(CHECKED)
	DATABASE_URL= SAMVERKAN_DATA=$(CHECKED) $(BIN)/samverkan migrate --check
	$(PYTEST) -m '$(TESTS)' $(ARGS)

test-system: $(ENVIRONMENT)/installed-test ## Attack, kill and package the whole service; use its commands, and its pages in a browser
	$(PYTEST) -m system $(ARGS)

test-fast: $(ENVIRONMENT)/installed-test ## Run the tests that need no server, in a few seconds
	@$(BIN)/pytest --numprocesses 2 --timeout 20 -m 'not server and not slow' --quiet $$(cat tests/fast.txt) $(ARGS)

test-long: $(ENVIRONMENT)/installed-test ## Run every test, whole where the others try a sample (LONG=3: thrice as many at random)
	LONG_TESTS=$(or $(LONG),1) $(PYTEST) --timeout 3600 $(ARGS)

faults: $(ENVIRONMENT)/installed-test ## Break each part while clients write, and show what became of their writes
	ALL_FAULTS=1 $(BIN)/pytest -m fault --timeout 600 --quiet $(ARGS)

bench: $(ENVIRONMENT)/installed-test ## Measure into tests/benchmarks/RESULTS.md (SIZE=1000000, ONLY=freshness, AGAINST=<commit>)
	@$(BIN)/python -m tests.benchmarks $(SIZE:%=--size %) $(ONLY:%=--only %) $(AGAINST:%=--against %) $(ARGS)

constraints: $(ENVIRONMENT)/installed-test ## Pin the newest versions of everything in constraints.txt
	$(COMPILE) --output-file $(ENVIRONMENT)/core.txt
	$(COMPILE) --extra embedded --constraint $(ENVIRONMENT)/core.txt --output-file $(ENVIRONMENT)/embedded.txt
	$(COMPILE) --extra embedded --extra bill --constraint $(ENVIRONMENT)/embedded.txt --output-file $(ENVIRONMENT)/bill.txt
	$(COMPILE) --all-extras --constraint $(ENVIRONMENT)/bill.txt --output-file $(ENVIRONMENT)/everything.txt
	@{ cat $(ENVIRONMENT)/core.txt; \
	   echo '$(EMBEDDED_SECTION)'; $(ADDED) $(ENVIRONMENT)/core.txt $(ENVIRONMENT)/embedded.txt; \
	   echo '$(BILL_SECTION)'; $(ADDED) $(ENVIRONMENT)/embedded.txt $(ENVIRONMENT)/bill.txt; \
	   echo '$(TEST_SECTION)'; $(ADDED) $(ENVIRONMENT)/bill.txt $(ENVIRONMENT)/everything.txt; } > constraints.txt
	@$(BIN)/python -m tests.packaging.wheels

wheels: $(ENVIRONMENT)/installed-test ## Show that no pin needs a compiler on any platform and Python
	@$(BIN)/python -m tests.packaging.wheels

audit-packages: $(ENVIRONMENT)/installed-test ## Look each pin up in an index of known faults; fails where none is reached
	@$(BIN)/python -m tests.packaging.advisories $(ARGS)

bill: $(ENVIRONMENT)/installed-test ## Write what the service is made of to .venv/bill.json, as CycloneDX has it
	@sed '/^$(EMBEDDED_SECTION)$$/,$$d' constraints.txt > $(ENVIRONMENT)/service.txt
	@$(BIN)/python -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
	    --output-file $(ENVIRONMENT)/bill.json $(ENVIRONMENT)/service.txt

clean: ## Remove the environment and the data of the embedded servers
	rm -rf $(ENVIRONMENT) .samverkan *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis

# An environment without packages, if there is none.
define environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "Installing into $(ENVIRONMENT) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(ENVIRONMENT)
endef

$(ENVIRONMENT)/installed: pyproject.toml constraints.txt
	$(environment)
	@sed '/^$(BILL_SECTION)$$/,$$d' constraints.txt > $(ENVIRONMENT)/runtime.txt
	@$(PIP) install --require-hashes --no-deps --requirement $(ENVIRONMENT)/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable '.[embedded]'
	@touch $@

# By uv, which pip installs: it takes a fifth of pip's time. Where only pip is told how to reach an index, pip does it.
$(ENVIRONMENT)/installed-test: pyproject.toml constraints.txt
	$(environment)
	@awk '/^[^ #]/ { is_wanted = /^uv==/ } is_wanted' constraints.txt > $(ENVIRONMENT)/uv.txt
	@$(PIP) install --require-hashes --no-deps --requirement $(ENVIRONMENT)/uv.txt
	@$(UV) --require-hashes --no-deps --requirement constraints.txt \
	    || $(PIP) install --require-hashes --no-deps --requirement constraints.txt
	@$(PIP) install --no-deps --no-build-isolation --editable '.[embedded]'
	@touch $(ENVIRONMENT)/installed $@
