# Every command of this repository. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
export PYTHONPATH := generated:.
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := all

.PHONY: all
all: setup spec generate demo  ## Set up, validate the contract, regenerate the client and show it at work

.PHONY: help
help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/.ready  ## Make .venv with the pinned tools; make clean setup PYTHON=python3.12 picks the Python

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
	@$(BIN)/python -m tools.spec

.PHONY: generate
generate: spec  ## Make generated/ from openapi.yaml, generator-config.yaml, generator/ and runtime/
	@$(BIN)/python -m generator

.PHONY: demo
demo: setup  ## Show the client at work: on the real API with STABLECOG_API_KEY, else on a recording
	@$(BIN)/python -m tools.demo

.PHONY: test
test: setup $(VENV)/.go-tools  ## Run the tests; ARGS="-k name" picks some
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: mutants
mutants: setup  ## Change the code in small ways, and list what no test notices
	@echo "Changing the code in two thousand ways, one by one (about twenty minutes) ..."
	@$(BIN)/python -m tools.mutants

.PHONY: drift
drift: setup  ## Fail if generated/ is not what the generator makes
	@$(BIN)/python -m generator --check

.PHONY: check
check: spec drift workflows  ## Lint, type-check, validate the contract, look for drift
	@echo "ruff ..." && $(BIN)/ruff check --no-cache . && $(BIN)/ruff format --no-cache --check .
	@echo "mypy --strict ..." && $(BIN)/mypy --cache-dir=$(VENV)/mypy generated/stablecog_client generator runtime tools tests examples benchmarks
	@echo "pyright, strict ..." && $(BIN)/pyright --pythonpath $(BIN)/python

.PHONY: workflows
workflows: setup $(VENV)/.go-tools  ## Check the workflows of GitHub Actions
	@echo "actionlint, zizmor ..."
	@if [ -x $(BIN)/actionlint ]; then $(BIN)/actionlint -shellcheck= -pyflakes=; fi
	@$(BIN)/zizmor --offline --quiet --no-progress --persona=pedantic .github

# Where these cannot be had, the rest goes on without them and says so.
$(VENV)/.go-tools: $(VENV)/.ready requirements-go.txt
	@echo "Building the tools of requirements-go.txt (about a minute, once) ..."
	@GOBIN=$(abspath $(BIN)) GOTOOLCHAIN=local xargs -n1 $(BIN)/go install < requirements-go.txt || \
	  echo "actionlint and oasdiff could not be built and are left out; rm $@ to try again."
	@touch $@

.PHONY: breaking
breaking: drift $(VENV)/.go-tools  ## Say what a change breaks and which version it asks for; BASE=v0.1.0 compares with that
	@$(BIN)/python -m tools.breaking $(if $(value BASE),"$$BASE")

.PHONY: record
record: setup  ## Record the real API, and say how it departs from the contract; URL=..., INTO=FOLDER
	@$(BIN)/python -m tools.record $(if $(value URL),--url "$$URL") $(if $(value INTO),--into "$$INTO")

.PHONY: build
build: setup  ## Make the wheel and the sdist in dist/; TAG=v0.1.0 refuses what is not that version
	@$(BIN)/python -m tools.build $(if $(value TAG),--tag "$$TAG")

.PHONY: allowed
allowed: setup  ## Put the package's DEPENDENCIES=lowest-direct or highest that it allows into .venv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --resolution $(or $(DEPENDENCIES),highest) --upgrade \
	  --requirements generated/pyproject.toml --extra aiohttp || \
	  { echo "They could not be installed; check the network and the ranges in generator/templates/pyproject.toml.jinja."; exit 1; }
	@$(BIN)/uv pip list --quiet --python $(BIN)/python | grep -E '^(aiohttp|attrs|httpx|httpx-aiohttp|python-dateutil) '
	@echo "make clean setup brings the pinned ones back."

.PHONY: upgrade
upgrade: setup  ## Move the pins, show what upstream changed beneath our templates, then check and test
	@$(BIN)/python -m tools.upgrade
	@$(MAKE) generate check test || \
	  { echo "Fix the templates after what is shown above, then run make generate check test."; exit 1; }

.PHONY: bench
bench: $(BENCH)/.ready  ## Measure the speed beside what people use instead; ARGS=--quick is a first look
	@$(BENCH)/bin/python -m benchmarks $(ARGS)

$(BENCH)/.ready: benchmarks/requirements.txt
	@echo "Setting up $(BENCH) (about a minute) ..."
	@$(PYTHON) -m venv --clear $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< || \
	  { echo "What the benchmarks compare with could not be installed; check the network and try again."; exit 1; }
	@touch $@

.PHONY: clean
clean:  ## Remove .venv and what the tools left behind
	rm -rf $(VENV) $(BENCH) .pytest_cache .hypothesis dist
	find . -name __pycache__ -prune -exec rm -rf {} +
