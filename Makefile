# The product's commands; `make` alone lists them.

PYTHON ?= $(shell for v in 3.13 3.12 3.11 3; do python$$v -c "" 2>/dev/null && echo python$$v && break; done)
HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements/dev.txt)
# Compiled once at install, imports take a third of the time at every start.
INSTALL := $(BIN)/uv pip install --quiet --python $(PY) --compile-bytecode -r

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help serve test check format install install-full install-dev frontend texts requirements clean

help: ## List the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

serve: $(VENV)/.serve ## Install what serving needs and start web server and worker
	@$(PY) manage.py serve --host $(HOST) --port $(PORT)

test: $(VENV)/.dev check ## Install what tests need and run all of them
	@$(PY) -m pytest

check: $(VENV)/.dev ## Format, lint, types, imports, migrations
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --verbose 2>&1 | tail -n 12
	@$(BIN)/mypy
	@$(PY) manage.py makemigrations --check --dry-run

format: $(VENV)/.dev ## Rewrite the code in its format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

install: $(VENV)/.serve
install-full: $(VENV)/.full ## Add TensorFlow, to train and evaluate
install-dev: $(VENV)/.dev ## Add what tests and checks need

frontend: ## Build the app into static/app (needs Node)
	@cd frontend && npm ci --no-audit --no-fund && npm run build

CHINESE := locale/zh_Hans/LC_MESSAGES/django
texts: $(VENV)/.dev ## Collect the server's texts, and compile their translation (needs gettext)
	@$(PY) manage.py makemessages --locale zh_Hans --no-location --no-obsolete --verbosity 0 \
	  --ignore frontend --ignore static --ignore static_collected --ignore data --ignore mlcore --ignore tests
	@sed -i.bak '/^"POT-Creation-Date/d' $(CHINESE).po && rm $(CHINESE).po.bak
	@msgfmt --check-format --statistics --output-file $(CHINESE).mo $(CHINESE).po

requirements: $(VENV)/.dev ## Compile the pins anew
	@for set in dev:dev.in:requirements/dev.txt full:full.in:requirements.txt serve:serve.in:requirements/serve.txt; do \
	  IFS=: read name in out <<< "$$set"; \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command "make requirements" \
	    $$([ $$name = dev ] || echo "-c requirements/dev.txt") requirements/$$in -o $$out; \
	done

clean: ## Remove the virtual environment and caches, but no data
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache frontend/node_modules

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed; name one as in: make serve PYTHON=python3.12"; exit 1; }
	@echo "Making the virtual environment with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(VENV)/.serve: requirements/serve.txt | $(VENV)/.made
	@echo "Installing what serving needs (about half a minute, once)"
	@$(INSTALL) $< && touch $@

$(VENV)/.full: requirements.txt | $(VENV)/.made
	@echo "Installing the whole product with TensorFlow (about a minute, once)"
	@$(INSTALL) $< && touch $@ $(VENV)/.serve

$(VENV)/.dev: requirements/dev.txt | $(VENV)/.made
	@echo "Installing what tests and checks need (about a minute, once)"
	@$(INSTALL) $< && touch $@ $(VENV)/.full $(VENV)/.serve
