# Every recipe a person runs; CI runs the same ones.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export PIPEWARDEN_BIN := $(CURDIR)/$(BIN)

.PHONY: demo test test-release check bench lock docs format clean

.venv/.runtime: requirements/runtime.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pipewarden needs Python 3.11 or newer; name it with make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing Pipewarden into .venv (first time: a few minutes) ..." >&2
	@$(PIP) install --require-hashes -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.runtime
	@echo "installing the developers' tools into .venv ..." >&2
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

demo: .venv/.runtime  ## run the rendered demo city through the real pipeline (ARGS="--exit" ends with one JSON line)
	@$(BIN)/pipewarden demo $(ARGS)

test: .venv/.dev  ## the CI tier
	@$(BIN)/python tools/run_tests.py -m "not release" $(ARGS)

test-release: .venv/.dev  ## the long tier; writes docs/reports/
	@$(BIN)/python tools/run_tests.py -m "release or not release" --report $(ARGS)

check: .venv/.dev  ## ruff, types, import contracts, generated files unchanged
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python tools/check_house.py
	@$(BIN)/python tools/generate_docs.py --check

bench: .venv/.dev  ## ratios against plain libraries, each in one run
	@$(BIN)/python bench/geofence.py
	@$(BIN)/python bench/decode.py
	@$(BIN)/python bench/screen.py
	@$(BIN)/python bench/cascade.py

lock: .venv/.dev  ## renew the locks (versions and hashes, no addresses)
	@$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe -o requirements/runtime.txt pyproject.toml requirements/build.in
	@$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe --extra dev -c requirements/runtime.txt -o requirements/dev.txt pyproject.toml requirements/build.in

docs: .venv/.dev  ## regenerate the reference from the code
	@$(BIN)/python tools/generate_docs.py

format: .venv/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
