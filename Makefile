# `make run` and `make test` are all a newcomer needs; each sets up what is missing.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
BI := .bi/bin
BI_READY := .bi/.ready

.DEFAULT_GOAL := help
.PHONY: help run up bi test acceptance lint types docs calendar bench clean lock

help:            ## what can be made
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

run: $(READY)    ## everything once: sandbox channels to published quotas, then a summary
	@$(BIN)/sluice run

up: $(READY)     ## keep PostgreSQL, sandbox, Dagster UI and the data service running until Ctrl-C
	@$(BIN)/sluice up

bi: $(READY) $(BI_READY)  ## dashboards: Apache Superset on the warehouse, installed in .bi/, until Ctrl-C
	@$(BIN)/sluice bi

test: $(READY)   ## all tests, on a real PostgreSQL
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

acceptance: $(READY)  ## against real servers of others, installed in .acceptance/ and started for it (needs Node.js)
	@$(BIN)/python -m pytest tests/acceptance

lint: $(READY)   ## style of Python and SQL
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/sqlfluff lint --disable-progress-bar --processes 0 dbt_project/models

types: $(READY)  ## static types of the library
	@$(BIN)/mypy

docs: $(READY)   ## the documentation as a site, in site/
	@$(BIN)/mkdocs build --strict --quiet

calendar: $(READY)  ## the seed of holidays anew, from the library that knows them
	@$(BIN)/python -c 'from sluice.planning.calendar import seed; print(seed(), end="")' > dbt_project/seeds/holidays.csv

bench: $(READY)  ## benchmarks; each prints a ratio measured in one run
	@for name in landing backfill limits marts quotas twin clv intake reservations republish safety_stock forecast planning identity; do echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

clean:           ## stop what runs and forget all state (the warehouse too)
	@test ! -x $(BIN)/sluice || $(BIN)/sluice down --quiet
	@rm -rf .sluice dbt_project/target dbt_project/logs site .pytest_cache .mypy_cache .ruff_cache .hypothesis

lock:            ## resolve requirements.lock anew, for Python 3.11 to 3.13 on Linux and macOS (needs uv)
	uv pip compile --universal --python-version 3.11 --group dev --generate-hashes --no-strip-extras \
	  --no-emit-index-url --no-annotate --no-header --quiet --upgrade pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	  --no-emit-index-url --no-annotate --no-header --quiet --upgrade dashboards/requirements.in -o dashboards/requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info[:2] <= (3, 13) or sys.exit("Python 3.11 to 3.13 is needed; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (about 150 packages, 2 to 4 minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Apart from ours: Superset pins an SQLAlchemy and a pandas of its own.
$(BI_READY): dashboards/requirements.lock
	@test -x $(BI)/python || $(PYTHON) -m venv .bi
	@echo "Installing Superset into .bi (about 170 packages, 800 MB, 2 to 4 minutes the first time) ..."
	@$(BI)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r dashboards/requirements.lock
	@touch $@
