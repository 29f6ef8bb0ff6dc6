# Every target sets up what it needs (virtual environment, locked dependencies); a second run installs nothing.
PYTHON  ?= python3
EDITION ?= sambre-avesnois-2011
SEEDS   ?= 0-239
VENV    := .venv
BIN     := $(VENV)/bin
LOCK    := requirements/lock.txt
STAMP   := $(VENV)/.installed
ESS     := $(BIN)/ess
PYTEST  := $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

# Compiled modules are kept: tests that start the program, and the two that run them, do not compile it each time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup annual-report quick test slow random fuzz test-all style check mutants bench notebooks demo lock clean

help: ## Cette aide
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

setup: $(STAMP) ## Installer l’environnement (fait par toutes les autres cibles)

$(STAMP): $(LOCK) pyproject.toml src/ess_observatory/__init__.py # which holds the version
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 ou plus récent est nécessaire." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Le module venv manque : sous Debian, installez python3-venv." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

annual-report: $(STAMP) ## Des fichiers bruts au classeur et à la page (EDITION=…)
	$(ESS) run --edition $(EDITION)

quick: $(STAMP) ## Les tests qui ne construisent rien (moins de vingt secondes)
	$(PYTEST) tests/unit -m "not slow"

test: $(STAMP) ## Les tests, sauf les lents (quelques minutes sur deux cœurs)
	$(PYTEST) -m "not slow"

slow: $(STAMP) ## Les tests lents, et ceux qui tirent au sort, avec bien plus d’exemples
	$(PYTEST) -m "slow or varied" --thorough

random: $(STAMP) ## Des éditions au hasard, recomptées par l’oracle (SEEDS=0-239)
	$(PYTEST) tests/built/test_random_editions_*.py --seeds $(SEEDS)

fuzz: $(STAMP) ## Des fichiers abîmés au hasard : aucun n’arrête la lecture (SEEDS=0-239)
	$(PYTEST) tests/slow/test_fuzz.py --seeds $(SEEDS)

test-all: test slow random ## Tous les tests

style: $(STAMP) ## Style et types, sans les tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: style test ## Style, types et tests : ce qui doit passer avant de proposer un changement

mutants: $(STAMP) ## Mutations du code : les tests les voient-ils ? (MUTANTS=all : toutes)
	$(BIN)/python -m tools.mutants $(if $(filter all,$(MUTANTS)),--all)

bench: $(STAMP) ## Mesures de vitesse, en rapports à une référence
	$(BIN)/python -m bench

notebooks: $(STAMP) ## Exécuter les carnets sur la publication construite
	$(BIN)/python -m pytest tests/built/test_notebook.py

demo: $(STAMP) ## Réécrire les fichiers bruts synthétiques de l’édition de référence
	$(ESS) demo --edition $(EDITION)

lock: $(STAMP) ## Refaire le verrou des dépendances
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --extra dev --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file $(LOCK) pyproject.toml

clean: ## Effacer ce qui est construit (jamais data/raw)
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info
	find data/processed -mindepth 1 ! -name .gitkeep -delete
	find reports -mindepth 1 -maxdepth 1 ! -name templates ! -name .gitkeep -exec rm -rf {} +
