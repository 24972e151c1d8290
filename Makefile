# `make demo` and `make test` are all the set-up there is. Each installs once, into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-test

.DEFAULT_GOAL := check
.PHONY: demo test quick gpu scale lint types imports check format clean

demo: $(RUN_STAMP)  ## the pooling study on the embedded digits; prints the report's path last
	$(BIN)/ablate run studies/pooling.yaml --dataset digits --set training.epochs=2 --seeds 0-2

test: $(TEST_STAMP)  ## the whole test suite
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

quick: $(TEST_STAMP)  ## the tests that take seconds
	$(BIN)/python -m pytest -m "not slow and not scale and not gpu"

gpu: $(TEST_STAMP)  ## what only a machine with a GPU can show
	$(BIN)/python -m pytest -m gpu tests/gpu

scale: $(TEST_STAMP)  ## what a trial costs, of a thousand without work
	$(BIN)/python -m pytest -m scale

lint: $(TEST_STAMP)  ## lint and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(TEST_STAMP)  ## static types
	$(BIN)/mypy

imports: $(TEST_STAMP)  ## the direction of imports
	$(BIN)/lint-imports

check: lint types imports test  ## everything that .ci/run does

format: $(TEST_STAMP)  ## format in place
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## what the tools left behind; keeps runs/ and the environment
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The test stamp satisfies the demo too: its environment holds all that the demo needs.
$(RUN_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e .
	@touch $@

$(TEST_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e ".[test]"
	@touch $@ $(RUN_STAMP)
