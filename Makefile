# Every word that people and CI use. `make` alone lists them.
# Installing never resolves: requirements/*.txt name every package, so that pip only fetches.

PYTHON ?= python3
PIP := -m pip -qq --disable-pip-version-check --no-input install --no-deps
TORCH := $(shell sed -n 's/^ *"torch==\(.*\)",/\1/p' pyproject.toml)
AXE := axe-core@4.14.1
UV := uv==0.13.9
COMPILE := pip compile pyproject.toml --universal --python-version 3.11 --quiet --no-header --no-annotate
BENCHMARKS := bench.delay bench.memory bench.reading bench.ledger bench.publication bench.console bench.gap
APART := browser or train or fleet or network or containers or clients or slow or fuzz or faults
SECONDS ?= 600

.DEFAULT_GOAL := help
.PHONY: help demo test test-next test-browser test-train test-network test-containers test-clients test-faults test-fleet test-fuzz test-outcomes bench lint format docs site lock train-env
.DELETE_ON_ERROR:

help: ## list these words
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

demo: .venv/ready ## run everything on this machine with invented people and a stand-in assistant; ends with the report
	@.venv/bin/assay up --demo

test: .venv/ready lint ## lint, types, import rules and tests; needs no torch. The tests again on a second Python, if there is one
	@.venv/bin/python -m pytest -m "not ($(APART))" $(ARGS)
	@next=$$(.ci/next-python .venv/bin/python); \
	if [ -n "$$next" ]; then $(MAKE) --no-print-directory test-next NEXT="$$next"; \
	else echo "No second Python (3.12 or newer) was found: the tests ran on one."; fi

test-next: .venv-next/ready
	@.venv-next/bin/python -m pytest -m "not ($(APART))" $(ARGS)

test-train: .venv-train/ready ## the tests that need torch (training, export, the torch backend)
	@.venv-train/bin/python -m pytest -m train $(ARGS)

test-browser: .venv/browser .browser/ready ## the console in a real browser, and the pictures of docs/screenshots; needs Chromium and npm
	@.venv/bin/python -m pytest -m browser $(ARGS)

test-network: .venv/ready ## transparent mode in network namespaces; needs root
	@.venv/bin/python -m pytest -m network $(ARGS)

test-containers: .venv/ready ## build and run the images; needs buildah, podman and root
	@.venv/bin/python -m pytest -m containers $(ARGS)

test-clients: .venv/ready ## real SDKs and coding agents against a stand-in; installs them into .clients/, which takes npm and 2 GB
	@.venv/bin/python -m tests.clients.installing
	@.venv/bin/python -m pytest -m clients $(ARGS)

test-outcomes: .venv/ready ## whether the report of outcomes is right about 1800 invented companies; minutes
	@.venv/bin/python -m pytest -m slow tests/reports/outcomes $(ARGS)

test-faults: .venv/ready ## kill, stop, fill, bend and delete under load, in minutes; as root it fills disks too
	@.venv/bin/python -m pytest -m faults -s $(ARGS)

test-fleet: .venv/ready ## three writers and four classifiers on PostgreSQL, killed at random; minutes, fewer with FLEET_TURNS=10000
	@.venv/bin/python -m pytest -m fleet $(ARGS)

test-fuzz: .venv/ready ## ten minutes of bent exchanges over all that reads them; as long as you like with SECONDS=60
	@FUZZ_SECONDS=$(SECONDS) .venv/bin/python -m pytest -m fuzz $(ARGS)

bench: .venv/ready ## the measurements behind the figures in the documents; minutes
	@for module in $(BENCHMARKS); do echo "$$module"; .venv/bin/python -m $$module || exit 1; done

lint: .venv/ready ## formatting, lint, types and import rules
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

format: .venv/ready ## format, and mend what the linter can mend
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

docs: .venv/ready ## write config/default.toml and the docs' tables anew from what the code declares
	@.venv/bin/python -m config.reference
	@.venv/bin/python -m assay.documents

site: .venv/docs ## the documents as a site, in site/; with --quiet, mkdocs would not see its own warnings
	@.venv/bin/mkdocs build --strict

lock: .venv-lock/ready ## write requirements/ anew from pyproject.toml; newest versions with ARGS=--upgrade
	@.venv-lock/bin/uv $(COMPILE) --extra proxy --extra classifier --extra console --extra postgres --extra demo \
		--group test --group lint --group build $(ARGS) --output-file requirements/lock.txt
	@for image in proxy classifier console; do .venv-lock/bin/uv $(COMPILE) --extra $$image \
		--constraint requirements/lock.txt --output-file .venv-lock/$$image.txt && \
		sed 's/==.*//' .venv-lock/$$image.txt | sort -u | while read name; do grep "^$$name==" requirements/lock.txt; done \
		> requirements/$$image.txt || exit 1; done
	@.venv-lock/bin/uv $(COMPILE) --extra train --constraint requirements/lock.txt $(ARGS) --output-file .venv-lock/train.txt
	@# Torch is installed by train-env, as its CPU build. What is in lock.txt is not said again.
	@grep -vxFf requirements/lock.txt .venv-lock/train.txt | grep -vE '^(torch|triton|nvidia|cuda)' > requirements/train.txt
	@for group in browser docs; do .venv-lock/bin/uv $(COMPILE) --group $$group --constraint requirements/lock.txt \
		$(ARGS) --output-file .venv-lock/$$group.txt && \
		grep -vxFf requirements/lock.txt .venv-lock/$$group.txt > requirements/$$group.txt || exit 1; done

train-env: .venv-train/ready ## make .venv-train, with torch's CPU build

# $(call environment,FOLDER,PYTHON,WHAT)
define environment
	@$(2) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
		"Assay needs Python 3.11 or newer: name one, as in make PYTHON=python3.12")'
	@echo "Setting up $(1), once: $(3)"
	@$(2) -m venv $(1)
	@$(1)/bin/python $(PIP) -r requirements/lock.txt
	@$(1)/bin/python $(PIP) --no-build-isolation --editable .
endef

.venv/ready: requirements/lock.txt pyproject.toml
	$(call environment,.venv,$(PYTHON),everything but torch)
	@touch $@

.venv-next/ready: requirements/lock.txt pyproject.toml
	$(call environment,.venv-next,$(NEXT),the same on $(NEXT))
	@touch $@

.venv-train/ready: requirements/lock.txt requirements/train.txt pyproject.toml
	$(call environment,.venv-train,$(PYTHON),with torch for the CPU)
	@.venv-train/bin/python $(PIP) -r requirements/train.txt
	@# Where the index has no CPU build for this platform, uv knows where they are.
	@.venv-train/bin/python $(PIP) "torch==$(TORCH)+cpu" 2> .venv-train/torch.log || { \
		.venv-train/bin/python $(PIP) "$(UV)" && \
		.venv-train/bin/uv pip install --quiet --python .venv-train/bin/python --no-deps --torch-backend=cpu "torch==$(TORCH)"; } || { \
		echo "torch's CPU build could not be installed: put it into .venv-train yourself, then make train-env again" >&2; exit 1; }
	@.venv-train/bin/python -c 'import sys, torch; sys.exit(None if torch.version.cuda is None else \
		"torch is a CUDA build, where its CPU build was asked for: remove .venv-train and try again")'
	@touch $@

# What only the browser's tests, or the site of the documents, need on top.
.venv/browser .venv/docs: .venv/%: .venv/ready requirements/%.txt
	@.venv/bin/python $(PIP) -r requirements/$*.txt
	@touch $@

.browser/ready: Makefile
	@npm install --silent --no-save --no-audit --no-fund --prefix .browser "$(AXE)"
	@touch $@

.venv-lock/ready: Makefile
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python $(PIP) "$(UV)"
	@touch $@
