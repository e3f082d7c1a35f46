# Every target sets up what it needs: a fresh clone and Python 3.11 or later are enough.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SHELL := /bin/bash

.PHONY: help setup demo test test-busy fuzz kills kills-workers sanitize sanitize-quick sanitize-address sanitize-thread coverage coverage-python \
  coverage-core lint types check docs spelling gallery format stubs notebooks bench clang clang-test wheel arm mingw clean FORCE

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

# The package with its core, built again when a source of it changes; its Python files are used from here. `make LEVELS=v3 …`
# builds only that instruction set level of the core.
$(VENV)/.installed: $(BIN)/python pyproject.toml CMakeLists.txt $(shell find core -type f)
	$(BIN)/python -m pip install --quiet --editable '.[gym]' $(if $(LEVELS),'-Ccmake.define.WANN_LEVELS=$(LEVELS)')
	@touch $@

# `make TORCH=no …` leaves PyTorch out, and with it the tests that need it.
$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group test $(if $(filter no,$(TORCH)),,--group torch)
	@touch $@

$(VENV)/.linted: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group lint
	@touch $@

$(VENV)/.core: $(VENV)/.tested
	$(BIN)/python -m pip install --quiet --group core
	@touch $@

setup: $(VENV)/.installed ## make a virtual environment with the package in it

demo: $(VENV)/.installed ## search for a network on cart-pole swing-up, score it and draw it
	$(BIN)/wann search cartpole-swingup --out runs/demo --overwrite

# In an order of their own each time: `make test ORDER=7` gives that of the number 7 again. JOBS are processes.
ORDER := $(or $(ORDER),$(shell echo $$RANDOM))
JOBS ?= auto
PYTEST = $(BIN)/python -m pytest -n $(JOBS) -p randomly --randomly-seed $(ORDER)

test: $(VENV)/.tested ## run the tests
	@echo "the tests' order: make test ORDER=$(ORDER)"
	$(PYTEST)

test-busy: $(VENV)/.tested ## run the tests while all cores are busy with something else
	@echo "the tests' order: make test-busy ORDER=$(ORDER)"
	@trap 'kill $$(jobs -p)' EXIT; for core in $$(seq $$(nproc)); do while :; do :; done & done; $(PYTEST)

SECONDS_TO_FUZZ ?= 60
fuzz: $(VENV)/.tested ## feed damaged files to every reader; SECONDS_TO_FUZZ=3600 for an hour
	$(BIN)/python tools/fuzz.py --seconds $(SECONDS_TO_FUZZ) --seed $(ORDER) --jobs 2

KILLS ?= 100
kills: $(VENV)/.tested ## kill commands at random moments and go on with them; KILLS=8 for a few
	$(BIN)/python tools/kills.py --count $(KILLS) --seed $(ORDER)

kills-workers: $(VENV)/.tested ## kill workers of a search that Ray carries out
	$(BIN)/python tools/kill_workers.py --kills 50 --seed $(ORDER)

# Builds of the core beside the installed one: $(call build_core,NAME,OPTIONS) leaves it in build/NAME.
LEVEL ?= v3
define build_core
	$(BIN)/cmake -S . -B build/$(1) -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja -DCMAKE_BUILD_TYPE=Release \
	  -DPython_EXECUTABLE=$(abspath $(BIN))/python -Dnanobind_DIR=$$($(BIN)/python -m nanobind --cmake_dir) \
	  -DWANN_LEVELS=$(LEVEL) $(2) >build/$(1).log
	$(BIN)/cmake --build build/$(1) >>build/$(1).log
endef
# The environment in which Python uses such a build.
other_core = WANN_CORE=$$(echo $(CURDIR)/build/$(1)/_core_$(LEVEL).*.so) PYTHONPATH=$(CURDIR)/tools/other_core

# Clang 16 or later. The tests compare what such a build computes with the stored hashes.
CLANG := $(firstword $(shell command -v clang++-19 clang++-18 clang++-17 clang++-16 clang++))

clang: $(VENV)/.core ## build the core for level v3 with Clang into build/clang, for the tests
	@mkdir -p build
	CXX=$(CLANG) $(call build_core,clang)

KERNEL_TESTS := $(addprefix tests/test_,$(addsuffix .py,math network_kernel network operators selection linear_algebra))
clang-test: clang ## run the tests of the kernels with that core
	$(call other_core,clang) $(PYTEST) $(KERNEL_TESTS)

$(VENV)/.wheel: $(VENV)/.tested
	$(BIN)/python -m pip install --quiet --group wheel
	@touch $@

# A wheel of this machine in build/wheels, what an index and other systems ask of it, and the tests with it: installed in an
# environment of its own with no compiler to be found, and tested from outside this folder.
WHEEL_TESTS ?= tests
wheel: $(VENV)/.wheel ## build a wheel, check it, and run the tests with it; WHEEL_TESTS="tests/test_math.py" for some
	rm -rf build/wheels
	$(BIN)/python -m build $(if $(LEVELS),-Ccmake.define.WANN_LEVELS=$(LEVELS)) --outdir build/wheels .
	$(BIN)/python -m twine check --strict build/wheels/*
	$(BIN)/python -m auditwheel show build/wheels/*.whl
	if ls build/wheels/*abi3*.whl 2>/dev/null; then $(BIN)/python -m abi3audit --strict build/wheels/*.whl; fi
	WANN_TORCH=$(TORCH) $(BIN)/python tools/try_wheel.py build/wheels/*.whl $(WHEEL_TESTS)

ARM_TESTS ?= $(KERNEL_TESTS)
arm: $(VENV)/.core ## build the core for 64-bit ARM; its kernel tests and the stored hashes under emulation (Debian)
	ARM_HASHES="$(ARM_HASHES)" tools/arm.sh $(abspath $(BIN)) $(ARM_TESTS)

# Headers alone, as objects of no use: GCC for Windows has no Python to link with here.
MINGW ?= x86_64-w64-mingw32-g++
mingw: ## compile the core's headers with MinGW
	$(MINGW) -std=c++20 -O1 -fsyntax-only -march=x86-64-v3 -Wall -Wextra -Wno-attributes tools/all_headers.cpp

# What puts the core to the test, and what else runs much of it.
CORE_TESTS := $(addprefix tests/test_,$(addsuffix .py,math network_kernel network operators selection supervised \
  linear_algebra solver paths vision cartpole_swingup bipedal_walker car_picture))
MORE_CORE_TESTS := $(addprefix tests/test_,$(addsuffix .py,bipedal_gymnasium car_gymnasium cma data_tasks evaluation gymnasium \
  network_file quantization refinement run_kills runs search tuning vector_task zoo))
# A sanitizer's runtime comes first in a process, and before the C++ library, whose exceptions it watches.
preload = LD_PRELOAD="$$(g++ -print-file-name=$(1)) $$(g++ -print-file-name=libstdc++.so)"
ASAN = $(call other_core,sanitize-address) $(call preload,libasan.so) ASAN_OPTIONS=detect_leaks=0 \
  UBSAN_OPTIONS=print_stacktrace=1
TSAN = $(call other_core,sanitize-thread) $(call preload,libtsan.so) \
  TSAN_OPTIONS=suppressions=$(CURDIR)/tools/tsan.supp:halt_on_error=1

FORCE:

build/sanitize-%: $(VENV)/.core FORCE
	@mkdir -p build
	$(call build_core,sanitize-$*,-DWANN_SANITIZE=$*)

sanitize: sanitize-address sanitize-thread ## run the core's tests with the sanitizers of memory, behaviour and threads

sanitize-address: build/sanitize-address
	$(ASAN) $(PYTEST) $(CORE_TESTS) $(MORE_CORE_TESTS)

sanitize-thread: build/sanitize-thread
	$(TSAN) $(PYTEST) $(CORE_TESTS) $(MORE_CORE_TESTS)

sanitize-quick: build/sanitize-address ## the sanitizers of memory and behaviour only, and fewer tests
	$(ASAN) $(PYTEST) $(CORE_TESTS)

coverage: coverage-python coverage-core ## list the lines and branches of Python and C++ that no test runs

$(VENV)/.coverage: $(VENV)/.core
	$(BIN)/python -m pip install --quiet --group coverage
	@touch $@

coverage-python: $(VENV)/.coverage
	rm -rf build/coverage-python
	$(BIN)/python -m coverage run -m pytest -n $(JOBS) -p randomly --randomly-seed $(ORDER)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

# Without tests that kill processes: one that dies while it adds its counts takes those of all others with it.
coverage-core: $(VENV)/.coverage
	@mkdir -p build
	$(call build_core,coverage,-DWANN_COVERAGE=ON)
	find build/coverage -name '*.gcda' -delete
	$(call other_core,coverage) $(PYTEST) -k "not TestFaults" $(CORE_TESTS) \
	  $(addprefix tests/test_,$(addsuffix .py,cma data_tasks evaluation search gymnasium bipedal_gymnasium))
	$(BIN)/gcovr --root . --filter core/ --exclude-throw-branches --exclude-unreachable-branches build/coverage \
	  --gcov-suspicious-hits-threshold 1000000000000000 --txt-metric line --txt - --print-summary

lint: $(VENV)/.linted ## check the style of Python and C++
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/clang-format --dry-run --Werror $(shell git ls-files 'core/*.hpp' 'core/*.cpp')

types: $(VENV)/.linted ## check the types, and that the core's stub fits the core
	$(BIN)/python tools/make_stub.py --check
	$(BIN)/mypy

spelling: $(VENV)/.linted ## look for misspelled words in all that people read
	$(BIN)/codespell README.md CHANGELOG.md CONTRIBUTING.md docs src tools

$(VENV)/.docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group docs
	@touch $@

docs: $(VENV)/.docs ## make the site into build/site; a link that leads nowhere is an error
	$(BIN)/python -m sphinx -W --keep-going --quiet -b html docs build/site

gallery: $(VENV)/.installed ## write the page about MNIST's champion anew; WANN_DATA names the folder with its images
	$(BIN)/wann report zoo:mnist --out docs/gallery/mnist-report.html

check: lint types test ## everything that has to pass before a change lands

format: $(VENV)/.linted ## put Python and C++ into the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/clang-format -i $(shell git ls-files 'core/*.hpp' 'core/*.cpp')

stubs: $(VENV)/.linted ## write the types of the compiled core, src/wann/_core.pyi
	$(BIN)/python tools/make_stub.py

notebooks: $(VENV)/.tested ## run the notebooks of docs/ and keep what their cells show
	$(BIN)/python tools/notebooks.py

bench: $(VENV)/.installed ## measure the speed on this machine
	$(BIN)/python -m benchmarks

clean: ## remove what was built
	rm -rf build $(VENV)
