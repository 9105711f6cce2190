# Every command of this repository. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
HTTPX2 := .venv-httpx2
FAST_TESTS := tests/unit tests/contract tests/generator --ignore=tests/generator/test_generate.py \
  --ignore=tests/generator/test_workshop.py --ignore=tests/generator/test_project.py
# One more than there are processors, as many tests wait.
WORKERS = $$(( $$($(PYTHON) -c 'import os; print(os.cpu_count() or 1)') + 1 ))
export PYTHONPATH := generated:.
export PYTHONDONTWRITEBYTECODE := 1
# logfire, which tests use, registers a plugin that each program with pydantic, such as the generator, would load.
export PYDANTIC_DISABLE_PLUGINS := 1
# Keep all files of Go in .venv, and make them removable.
export GOPATH := $(CURDIR)/$(VENV)/go
export GOCACHE := $(CURDIR)/$(VENV)/go-cache
export GOFLAGS := -modcacherw
export GOTOOLCHAIN := local

.DEFAULT_GOAL := all

.PHONY: all
all: setup spec generate demo  ## Set up, validate openapi.yaml, regenerate the client and run the demo

.PHONY: help
help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/.ready  ## Create .venv with the pinned tools; PYTHON=python3.12 selects the interpreter

# Recreate .venv if PYTHON names another interpreter than that of .venv.
ifneq ($(origin PYTHON),file)
ifneq ($(shell $(PYTHON) -V 2>&1),$(shell cat $(VENV)/.ready 2>&1))
.PHONY: $(VENV)/.ready
endif
endif

$(VENV)/.ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) does not run or is older than 3.11; name another: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV) (about a minute) ..."
	@$(PYTHON) -m venv --clear $(VENV) || \
	  { echo "Python could not make $(VENV); is its venv module installed (python3-venv)?"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt || \
	  { echo "The pinned tools could not be installed; check the network and run make setup again."; exit 1; }
	@$(PYTHON) -V > $@

.PHONY: spec
spec: setup  ## Validate openapi.yaml
	@$(BIN)/python -m tools.spec

.PHONY: generate
generate: spec  ## Generate generated/ from openapi.yaml, generator-config.yaml, generator/ and runtime/
	@$(BIN)/python -m generator

.PHONY: demo
demo: setup  ## List credits: from the real API with STABLECOG_API_KEY, otherwise from a recording
	@$(BIN)/python -m tools.demo

.PHONY: test
test: setup $(VENV)/.go-tools  ## Run the tests; ARGS="-k name" selects some
	@$(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=worksteal $(ARGS)

.PHONY: test-httpx2
test-httpx2: $(HTTPX2)/.ready  ## Run the tests on httpx2, the maintained fork of httpx
	@$(HTTPX2)/bin/python -m pytest -p tests.support.on_httpx2 --numprocesses=auto --dist=worksteal $(ARGS)

$(HTTPX2)/.ready: requirements.txt requirements-httpx2.txt
	@echo "Setting up $(HTTPX2) (about a minute) ..."
	@$(PYTHON) -m venv --clear $(HTTPX2)
	@for pins in $^; do \
	  $(HTTPX2)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $$pins || \
	    { echo "httpx2 could not be installed; check the network and run make test-httpx2 again."; exit 1; }; done
	@touch $@

.PHONY: test-fast
test-fast: setup  ## Run the quick tests, in about 20 seconds; ARGS="-k name" selects some
	@$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal $(FAST_TESTS) $(ARGS)

.PHONY: mutants
mutants: setup  ## Change the code in small ways and list the changes that no test notices
	@echo "Testing about three thousand small changes of the code (about an hour) ..."
	@$(BIN)/python -m tools.mutants

.PHONY: drift
drift: setup  ## Fail if generated/ is not up to date
	@$(BIN)/python -m generator --check

.PHONY: check
check: lint spec drift workflows types  ## Lint, validate and type-check, and fail if generated/ is not up to date

.PHONY: lint
lint: setup  ## Check style and formatting with ruff
	@echo "ruff ..." && $(BIN)/ruff check --no-cache . && $(BIN)/ruff format --no-cache --check .

.PHONY: types
types: setup  ## Check types with mypy and pyright
	@echo "mypy --strict ..." && $(BIN)/mypy --cache-dir=$(VENV)/mypy generated/stablecog_client generator runtime tools tests examples benchmarks
	@echo "pyright, strict ..." && $(BIN)/pyright -p pyproject.toml --pythonpath $(BIN)/python

.PHONY: workflows
workflows: setup $(VENV)/.go-tools  ## Check the workflows of GitHub Actions
	@if [ -x $(BIN)/actionlint ]; then echo "actionlint ..." && $(BIN)/actionlint -shellcheck= -pyflakes= .github/workflows/*.yml; \
	  else echo "actionlint is missing: its check did NOT run; rm $(VENV)/.go-tools to build it."; fi
	@echo "zizmor ..." && $(BIN)/zizmor --offline --quiet --no-progress --persona=pedantic .github

# Optional: without these tools, their checks report that they did not run.
$(VENV)/.go-tools: $(VENV)/.ready requirements-go.txt
	@echo "Building the tools of requirements-go.txt (about a minute, once) ..."
	@GOBIN="$(CURDIR)/$(BIN)" xargs -n1 $(BIN)/go install < requirements-go.txt 2> $@.log || \
	  { tail -n 5 $@.log; echo "Not all of them could be built, so their checks will NOT run; rm $@ to try again."; }
	@touch $@

.PHONY: breaking
breaking: drift $(VENV)/.go-tools  ## Report breaking changes and the version that they require; BASE=v0.1.0 selects the base
	@$(BIN)/python -m tools.breaking $(if $(value BASE),"$$BASE")

.PHONY: record
record: setup  ## Record responses of the real API and report differences from openapi.yaml; URL=..., INTO=FOLDER
	@$(BIN)/python -m tools.record $(if $(value URL),--url "$$URL") $(if $(value INTO),--into "$$INTO")

.PHONY: build
build: setup  ## Build the wheel and the sdist into dist/; TAG=v0.1.0 checks the version
	@$(BIN)/python -m tools.build $(if $(value TAG),--tag "$$TAG")

.PHONY: test-deps
test-deps: setup  ## Install the highest dependencies that the package allows into .venv; DEPENDENCIES=lowest-direct for the lowest
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --resolution $(or $(DEPENDENCIES),highest) --upgrade \
	  --requirements generated/pyproject.toml --extra aiohttp || \
	  { echo "They could not be installed; check the network and the ranges in generated/pyproject.toml."; exit 1; }
	@$(BIN)/uv pip list --quiet --python $(BIN)/python | grep -E '^(aiohttp|anyio|attrs|httpx|python-dateutil) '
	@echo "make clean setup restores the pinned ones."

.PHONY: upgrade
upgrade: setup  ## Update the pinned versions, show what upstream changed in replaced templates, check and test
	@$(BIN)/python -m tools.upgrade
	@$(MAKE) generate check test || \
	  { echo "Fix what is shown above, then run make generate check test."; exit 1; }

.PHONY: bench
bench: $(BENCH)/.ready  ## Compare the speed with alternatives; ARGS=--quick for a first impression
	@$(BENCH)/bin/python -m benchmarks $(ARGS)

$(BENCH)/.ready: benchmarks/requirements.txt
	@echo "Setting up $(BENCH) (about a minute) ..."
	@$(PYTHON) -m venv --clear $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< || \
	  { echo "The alternatives could not be installed; check the network and run make bench again."; exit 1; }
	@touch $@

.PHONY: clean
clean:  ## Remove .venv, the other environments and the files of the tools
	rm -rf $(VENV) $(BENCH) $(HTTPX2) .pytest_cache .hypothesis dist
	find . -name __pycache__ -prune -exec rm -rf {} +
