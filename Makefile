# One environment in .venv, installed from constraints.txt: every package pinned, every file's hash checked.
# Needs Python 3.11 or 3.12 and make, nothing else, on Linux on x86-64. Elsewhere, and with a newer Python,
# a C compiler too: Redis is then built from source, which takes a minute or two.

PYTHON ?= python3
ARGS ?=
ENVIRONMENT := .venv
BIN := $(ENVIRONMENT)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	--no-header --no-emit-index-url --no-emit-find-links --annotation-style line
CHECKED := $(ENVIRONMENT)/migrated# an empty database for the migration check, away from the demo's
TEST_SECTION := \# Only for the tests

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test bench constraints clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(ENVIRONMENT)/installed ## Start everything and show Landskrona's year 2016 (ARGS=--exit ends after the table)
	@$(BIN)/samverkan demo $(ARGS)

test: $(ENVIRONMENT)/installed-test ## Check style, types, layers and migrations, and run every test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@rm -rf $(CHECKED)
	DATABASE_URL= SAMVERKAN_DATA=$(CHECKED) $(BIN)/samverkan migrate --check
	$(BIN)/pytest --numprocesses auto --dist loadfile $(ARGS)

bench: $(ENVIRONMENT)/installed-test ## Measure, and print the ratios
	@$(BIN)/python -m tests.benchmarks $(ARGS)

constraints: $(ENVIRONMENT)/installed-test ## Pin the newest versions of everything in constraints.txt
	$(PIP) install uv
	$(COMPILE) --output-file $(ENVIRONMENT)/runtime.txt
	$(COMPILE) --extra test --constraint $(ENVIRONMENT)/runtime.txt --output-file $(ENVIRONMENT)/everything.txt
	@{ cat $(ENVIRONMENT)/runtime.txt; echo '$(TEST_SECTION)'; \
	   awk 'FNR == NR { if (/==/) pinned[$$1]; next } /==/ { wanted = !($$1 in pinned) } wanted' \
	       $(ENVIRONMENT)/runtime.txt $(ENVIRONMENT)/everything.txt; } > constraints.txt

clean: ## Remove the environment and the data of the embedded servers
	rm -rf $(ENVIRONMENT) .samverkan *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis

# setuptools is pinned too, so that nothing is fetched unchecked to install the project itself.
$(ENVIRONMENT)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "Installing into $(ENVIRONMENT) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(ENVIRONMENT)
	@sed '/^$(TEST_SECTION)$$/,$$d' constraints.txt > $(ENVIRONMENT)/runtime.txt
	@$(PIP) install --require-hashes --no-deps --requirement $(ENVIRONMENT)/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(ENVIRONMENT)/installed-test: $(ENVIRONMENT)/installed
	@$(PIP) install --require-hashes --no-deps --requirement constraints.txt
	@touch $@
