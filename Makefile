# Every target sets up what it needs: a fresh clone and Python 3.11 or later are enough.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help setup demo test lint types check format stubs bench frontend clean

help: ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

# The package with its core, built again when a source of it changes; its Python files are used from here. `make LEVELS=v3 …`
# builds only that instruction set level of the core.
$(VENV)/.installed: $(BIN)/python pyproject.toml CMakeLists.txt $(shell find core -type f)
	$(BIN)/python -m pip install --quiet --editable '.[gym]' $(if $(LEVELS),'-Ccmake.define.WANN_LEVELS=$(LEVELS)')
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group test
	@touch $@

$(VENV)/.linted: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group lint
	@touch $@

setup: $(VENV)/.installed ## make a virtual environment with the package in it

demo: $(VENV)/.installed ## search for a network on cart-pole swing-up, score it and draw it
	$(BIN)/wann search cartpole-swingup --out runs/demo --overwrite

test: $(VENV)/.tested ## run the tests
	$(BIN)/python -m pytest

lint: $(VENV)/.linted ## check the style of Python and C++
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(PYTHON) frontend/bundle.py --check
	$(BIN)/clang-format --dry-run --Werror $(shell git ls-files 'core/*.hpp' 'core/*.cpp')

types: $(VENV)/.linted ## check the types, and that the core's stub fits the core
	$(BIN)/python tools/make_stub.py --check
	$(BIN)/mypy

check: lint types test ## everything that has to pass before a change lands

format: $(VENV)/.linted ## put Python and C++ into the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/clang-format -i $(shell git ls-files 'core/*.hpp' 'core/*.cpp')

stubs: $(VENV)/.linted ## write the types of the compiled core, src/wann/_core.pyi
	$(BIN)/python tools/make_stub.py

bench: $(VENV)/.installed ## measure the speed on this machine
	$(BIN)/wann bench

frontend: ## join the modules of the report page into the file that the package ships
	$(PYTHON) frontend/bundle.py

clean: ## remove what was built
	rm -rf build $(VENV)
