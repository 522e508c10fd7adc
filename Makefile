# Two commands do all the set-up: `make demo` and `make test`. They need Python 3.11 or newer, and nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHOTSEEK := $(BIN)/shotseek
INSTALLED := $(VENV)/.installed
DEVELOPED := $(VENV)/.developed

# make demo VIDEOS=~/Videos indexes that folder instead of the demo's own clips; SERVE=0 stops before the page
VIDEOS ?=
SERVE ?= 1
DEMO ?= demo
ifeq ($(VIDEOS),)
DEMO_VIDEOS := $(DEMO)/videos
DEMO_LIBRARY := $(DEMO)/library
DEMO_SEARCHES := "a sunset" "yellow flowers" "a snowman" "city at night"
else
DEMO_VIDEOS := $(VIDEOS)
DEMO_LIBRARY := $(DEMO)/own-library
DEMO_SEARCHES := "a person" "a dog" "a dark street"
endif

BENCH_VIDEOS ?= ../shared/videos

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-long check lint types imports bench docs texts clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(INSTALLED) ## draw clips (or take VIDEOS=folder), index them, search them, serve the page
ifeq ($(VIDEOS),)
	$(BIN)/python -m shotseek.demo $(DEMO_VIDEOS)
endif
	$(SHOTSEEK) index --library $(DEMO_LIBRARY) "$(DEMO_VIDEOS)"
	@for query in $(DEMO_SEARCHES); do \
	    printf '\n$$ shotseek search --library $(DEMO_LIBRARY) -k 3 "%s"\n' "$$query"; \
	    $(SHOTSEEK) search --library $(DEMO_LIBRARY) -k 3 "$$query" || exit; \
	done
ifneq ($(SERVE),0)
	@echo
	$(SHOTSEEK) serve --library $(DEMO_LIBRARY)
endif

serve: $(INSTALLED) ## serve the page over your own library
	$(SHOTSEEK) serve

# the tests start some hundred processes, and without bytecode each would compile every module again
test test-long: export PYTHONDONTWRITEBYTECODE :=

test: $(DEVELOPED) ## every test but the long ones, on all cores (ARGS=… goes to pytest)
	$(BIN)/pytest -n auto --dist worksteal $(ARGS)

test-long: $(DEVELOPED) ## every test; under an hour on two cores
	$(BIN)/pytest -n auto --dist worksteal -m "long or not long" $(ARGS)

check: lint types imports test ## everything that must hold before a change is pushed

lint: $(DEVELOPED) ## ruff
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(DEVELOPED) ## mypy, strict
	$(BIN)/mypy

imports: $(DEVELOPED) ## a room imports only from rooms below it
	$(BIN)/lint-imports

bench: $(DEVELOPED) ## measure, on BENCH_VIDEOS; the report is docs/benchmarks.md
	$(BIN)/python -m benchmarks $(BENCH_VIDEOS) $(DEMO)/bench

docs: $(INSTALLED) ## write docs/cli.md and docs/settings.md again
	$(BIN)/python docs/generate.py

texts: $(INSTALLED) ## write web/locale/messages.pot again, the texts of the pages for translators
	$(BIN)/python docs/texts.py

clean: ## remove the environment, the demo and every cache
	rm -rf $(VENV) demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	    "Shotseek needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + \
	    ". Name another: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(INSTALLED): pyproject.toml constraints.txt | $(VENV)
	@echo "installing; torch is large, so the first time takes some minutes"
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --constraint constraints.txt --editable .
	@touch $@

$(DEVELOPED): $(INSTALLED)
	$(BIN)/python -m pip install --constraint constraints.txt --group dev
	@touch $@
