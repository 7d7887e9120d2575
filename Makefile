# `make run` does the main job, `make test` is the whole gate. Both set up .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEXTS := src/chainrule/locale/ko/LC_MESSAGES/chainrule.po
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: run test test-slow fuzz fuzz-files check-quality gallery texts messages lint format bench bench-quick bench-first docs clean

run: $(VENV)/run.stamp
	$(BIN)/chainrule train mnist-small --layers 128,64 --epochs 10 --seed 0 --out digits.safetensors
	$(BIN)/chainrule predict digits.safetensors --samples 6

# One BLAS thread per test process: two processes of two threads each would wait for one another on two cores.
test: lint
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -W error -m pytest -n 2 --dist worksteal -m "not slow"

# The suites that take longest, some minutes: planted mistakes, broken layers, ways out of the walls, verdicts told twice,
# and the lab's page in a browser (chromium), where there is one.
test-slow: $(VENV)/dev.stamp
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -W error -m pytest -n 2 --dist worksteal -m slow

# Random networks and data against what must not change a result, 20,000 calls with odd arguments and 5,000 odd tables:
# half an hour.
fuzz: $(VENV)/dev.stamp
	CHAINRULE_FUZZ=20 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -rP tests/test_invariances.py tests/test_odd_calls.py tests/test_tables_fuzz.py

# Damages 36,000 files of every kind, in a few minutes; `make fuzz-files FILES="models 500"` damages 500 model files.
fuzz-files: $(VENV)/dev.stamp
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.fuzz_files $(FILES)

# Plants learners' mistakes and prints how many of them `chainrule check` finds, blames and names, and what it says of notes,
# small cases and templates; it fails if right code is accused. A minute or two.
check-quality: $(VENV)/dev.stamp
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.checker.quality --show-missed

# Draws docs/gallery.md, docs/gallery.ko.md and their pictures, and the charts of docs/benchmarks.md, in a minute; the Korean
# ones need a font with Hangul.
gallery: $(VENV)/dev.stamp
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tools.gallery
	$(BIN)/python -m tools.charts

# Brings the Korean catalogue up to date with the texts in the code, and names those that have no Korean yet.
texts: $(VENV)/dev.stamp
	$(BIN)/python -m tools.texts

# Writes docs/messages.md: all texts in both languages, to be read as a whole.
messages: $(VENV)/dev.stamp
	$(BIN)/python -m tools.messages

# The site in English and Korean, docs/_build/html; a warning or a cell that fails ends it. If the package is as it was at the
# last time, cells that did not change since then are not run again.
docs: $(VENV)/docs.stamp
	$(BIN)/python -m tools.site

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The contenders get an environment of their own, benchmarks/.venv. Leave the machine alone meanwhile.
bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.suite
	$(BIN)/python -m benchmarks.scaling
	$(BIN)/python -m benchmarks.footprint
	$(BIN)/python -m benchmarks.little
	$(BIN)/python -m benchmarks.model_files
	$(BIN)/python -m benchmarks.kernels
	$(BIN)/python -m benchmarks.cores
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.mnist_97
	$(BIN)/python -m benchmarks.streaming
	$(BIN)/python -m benchmarks.large_table

bench-quick: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.suite --quick

bench-first: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.first_network

$(VENV)/run.stamp: pyproject.toml hatch_build.py $(TEXTS)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "chainrule needs Python 3.11 or newer, but $(PYTHON) is " + sys.version.split()[0] + "; try make PYTHON=python3.12")'
	@echo "Installing chainrule into $(VENV) ..."
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

$(VENV)/docs.stamp: $(VENV)/dev.stamp
	@echo "Installing what the site needs into $(VENV) ..."
	$(PIP) --editable '.[dev,docs]'
	touch $@

$(VENV)/dev.stamp: pyproject.toml hatch_build.py $(TEXTS)
	$(MAKE) --no-print-directory $(VENV)/run.stamp
	@echo "Installing what the tests need into $(VENV), a minute or a few at the first time ..."
	$(PIP) --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) benchmarks/.venv build dist .mypy_cache .pytest_cache .ruff_cache digits.safetensors
