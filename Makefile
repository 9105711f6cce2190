# Every command of this repository. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := generated:.
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := all

.PHONY: all
all: setup spec generate demo  ## Set up, validate the contract, regenerate the client and show it at work

.PHONY: help
help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/.ready  ## Make .venv with the pinned tools

$(VENV)/.ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV) (about a minute) ..."
	@$(PYTHON) -m venv --clear $(VENV) || \
	  { echo "No virtual environment could be made; is Python's venv module installed (python3-venv)?"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt || \
	  { echo "The pinned tools could not be installed; check the network and run make setup again."; exit 1; }
	@touch $@

.PHONY: spec
spec: setup  ## Validate openapi.yaml
	@$(BIN)/openapi-spec-validator --schema detect openapi.yaml || \
	  { echo "openapi.yaml is not a valid OpenAPI document; mend what is named above and run make spec again."; exit 1; }

.PHONY: generate
generate: setup  ## Make generated/ from openapi.yaml, generator-config.yaml and templates/
	@$(BIN)/python -m tools.generate

.PHONY: demo
demo: setup  ## Show the client at work: on a recording, or on the real API with STABLECOG_API_KEY set
	@$(BIN)/python -m tools.demo

.PHONY: test
test: setup  ## Run the tests; ARGS="-k name" picks some
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: drift
drift: setup  ## Fail if generated/ is not what the generator makes
	@$(BIN)/python -m tools.generate --check

.PHONY: check
check: spec drift  ## Lint, type-check, validate the contract, look for drift
	@echo "ruff ..." && $(BIN)/ruff check --no-cache . && $(BIN)/ruff format --no-cache --check .
	@echo "mypy --strict ..." && $(BIN)/mypy --cache-dir=$(VENV)/mypy generated/stablecog_client tools tests
	@echo "pyright, strict ..." && $(BIN)/pyright --pythonpath $(BIN)/python

.PHONY: clean
clean:  ## Remove .venv and what the tools left behind
	rm -rf $(VENV) .pytest_cache .hypothesis .ruff_cache .mypy_cache generated/dist
	find . -name __pycache__ -prune -exec rm -rf {} +
