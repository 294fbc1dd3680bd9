# Needs Python 3.11 or later and make; everything else is installed into .venv.
# make help lists what there is.

PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST_ARGS ?=
UPGRADE ?=
UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --python-version 3.11 --quiet

.DEFAULT_GOAL := help
.PHONY: help run test check bench messages translations screenshots lock clean browser java

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / — /' | sort

run: $(VENV)/run.stamp translations  ## install, load the demo and open the desk
	@$(BIN)/shouyue demo

test: $(VENV)/dev.stamp translations browser java  ## all tests, the browser's too
	@$(BIN)/python -m pytest -n $${PYTEST_WORKERS:-2} $(PYTEST_ARGS)

check: $(VENV)/dev.stamp  ## style, types, layers, migrations, translations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/basedpyright --level error
	@$(BIN)/python scripts/translations.py check
	@SHOUYUE_NO_DATABASE=1 SHOUYUE_SECRET_KEY=check $(BIN)/python -W ignore::RuntimeWarning -m shouyue \
		manage makemigrations --check --dry-run

bench: $(VENV)/dev.stamp translations  ## measure; prints its results
	@for file in bench/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

messages: $(VENV)/dev.stamp  ## collect the texts of code and templates into the .po files
	@$(BIN)/python scripts/translations.py extract

screenshots: $(VENV)/dev.stamp translations browser  ## make docs/images again
	@$(BIN)/python scripts/screenshots.py

lock: $(VENV)/dev.stamp  ## pin what pyproject.toml newly asks for; UPGRADE=--upgrade pins everything again
	@$(UV_COMPILE) $(UPGRADE) --all-extras --group build --group lock --group test --group check --group bench \
		-o requirements/dev.lock
	@$(UV_COMPILE) --group build -c requirements/dev.lock -o requirements/run.lock

clean:  ## remove what was installed and built; the data under SHOUYUE_HOME stays
	rm -rf $(VENV) build dist .ruff_cache .hypothesis .pytest_cache
	find shouyue tests bench scripts -name __pycache__ -prune -exec rm -rf {} +
	find shouyue/locale -name '*.mo' -delete

translations: $(VENV)/run.stamp
	@$(BIN)/python scripts/translations.py compile

browser:
	@./scripts/browser.sh

java:
	@./scripts/java.sh

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with venv is needed (on Debian: apt install python3 python3-venv)." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.lock pyproject.toml | $(BIN)/python
	@echo "Installing what the desk needs into $(VENV) …"
	@$(PIP) install --require-hashes -r requirements/run.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/run.stamp
	@echo "Installing what the tests need into $(VENV) …"
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@
