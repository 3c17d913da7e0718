# Every recipe a person runs; CI runs the same ones.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export PIPEWARDEN_BIN := $(CURDIR)/$(BIN)
# images that set it make each command compile the package anew, which is a third of a short command's time
unexport PYTHONDONTWRITEBYTECODE

WEB := src/pipewarden/main/web/static/index.html
WEB_SOURCES := $(shell find web/src web/m web/public -type f) $(wildcard web/*.html web/*.ts)
WEB_PINS := web/package.json web/pnpm-lock.yaml
# pnpm as web/package.json pins it; its files stay below .venv, so that no user's cache is needed, or left to another user
PNPM := cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm_config_loglevel=error npm_config_cache="$(CURDIR)/.venv/.npm" \
  npm_config_store_dir="$(CURDIR)/.venv/.pnpm/store" npm_config_cache_dir="$(CURDIR)/.venv/.pnpm/cache" \
  npm_config_state_dir="$(CURDIR)/.venv/.pnpm/state" npx -y "$$(node -p 'require("./package.json").packageManager')"

# the font of documents, taken of its npm package beside the pages' own (docs/adr/0023)
FONT_FROM := web/node_modules/@expo-google-fonts/noto-sans-sc
FONT_TO := src/pipewarden/act/adapters/font
FONT := $(FONT_TO)/LICENSE_FONT

.PHONY: demo test test-release check web web-client web-check bench lock docs format clean

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

.venv/.web: requirements/web.txt .venv/.runtime
	@$(PIP) install --require-hashes -r requirements/web.txt
	@touch $@

web/node_modules/.done: $(WEB_PINS) .venv/.web
	@echo "installing what the pages are built with (first time: half a minute) ..." >&2
	@$(PNPM) install --frozen-lockfile --reporter=silent
	@touch $@

$(WEB): web/node_modules/.done $(WEB_SOURCES)
	@echo "building the pages ..." >&2
	@$(PNPM) exec vite build --logLevel warn
	@touch $@

$(FONT): web/node_modules/.done
	@test -s $(FONT_FROM)/400Regular/NotoSansSC_400Regular.ttf -a -s $(FONT_FROM)/700Bold/NotoSansSC_700Bold.ttf || { \
	  echo "the font of documents is not in $(FONT_FROM): remove web/node_modules and run make web again" >&2; exit 1; }
	@mkdir -p $(FONT_TO)
	@cp $(FONT_FROM)/400Regular/NotoSansSC_400Regular.ttf $(FONT_FROM)/700Bold/NotoSansSC_700Bold.ttf $(FONT_TO)/
	@cp $(FONT_FROM)/LICENSE_FONT $@

web: $(WEB) $(FONT)  ## build the pages and the font of documents into the package

web-client: web/node_modules/.done .venv/.dev  ## write web/src/api/schema.d.ts anew from the API
	@$(BIN)/python tools/web_client.py

web-check: web/node_modules/.done .venv/.dev  ## the pages' client is what the API gives, types and rules hold
	@$(BIN)/python tools/web_client.py --check
	@$(PNPM) exec vue-tsc --noEmit
	@cd web && "$(CURDIR)/$(BIN)/node" --test --test-reporter=dot "tests/*.test.ts"

demo: .venv/.runtime $(WEB) $(FONT)  ## run the rendered demo city through the real pipeline (ARGS="--exit" ends with one JSON line)
	@$(BIN)/pipewarden demo $(ARGS)

test: .venv/.dev $(WEB) $(FONT)  ## the CI tier
	@$(BIN)/python tools/run_tests.py -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

test-release: .venv/.dev $(WEB) $(FONT)  ## the long tier; writes docs/reports/
	@$(BIN)/python tools/run_tests.py -m "release or not release" --report $(ARGS)

check: .venv/.dev web-check  ## ruff, types, import contracts, generated files unchanged
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python tools/check_house.py
	@$(BIN)/python tools/generate_docs.py --check

bench: .venv/.dev $(FONT)  ## ratios against plain libraries, each in one run
	@$(BIN)/python bench/geofence.py
	@$(BIN)/python bench/decode.py
	@$(BIN)/python bench/screen.py
	@$(BIN)/python bench/cascade.py
	@$(BIN)/python bench/ablation.py
	@$(BIN)/python bench/alarms.py
	@$(BIN)/python bench/ledger.py
	@$(BIN)/python bench/jobs.py
	@$(BIN)/python bench/network_tiles.py
	@$(BIN)/python bench/documents.py
	@$(BIN)/python bench/issued.py
	@$(BIN)/python bench/judge.py
	@$(BIN)/python bench/patrol_coverage.py

lock: .venv/.dev  ## renew the locks (versions and hashes, no addresses)
	@$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe -o requirements/runtime.txt pyproject.toml requirements/build.in
	@$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe --extra dev -c requirements/runtime.txt -o requirements/dev.txt pyproject.toml requirements/build.in

docs: .venv/.dev  ## regenerate the reference from the code
	@$(BIN)/python tools/generate_docs.py

format: .venv/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache web/node_modules src/pipewarden/main/web/static $(FONT_TO)
