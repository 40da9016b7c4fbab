# What a user and CI call. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
# A day starts a dozen Python processes: without kept bytecode each of them compiles Airflow, Spark and their like anew.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONUTF8 := 1

.PHONY: help setup run test lint bench airflow transform validate load parse read sql docs lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup:
	@local/setup.sh

run: setup ## one whole day on this machine: DT=2026-11-23 PRODUCTS=400 FAULTS=on|off SHOPS=demo|live ACCEPT=partsro,mart
	@$(PY) -m local.run '--dt=$(DT)' '--products=$(PRODUCTS)' '--faults=$(FAULTS)' '--shops=$(SHOPS)' '--accept=$(ACCEPT)'

test: setup ## every test; ARGS='-k name' narrows
	@$(PY) -m pytest $(ARGS)

lint: setup ## format, lint and types
	@$(PY) -m ruff format --check . && $(PY) -m ruff check . && $(PY) -m mypy

bench: setup ## measure side by side into bench/results.json; ONLY=day|accuracy|crawl|load|gate|transforms
	@$(PY) -m bench $(ONLY)

airflow: setup ## the same DAG in a real Airflow with its UI: PORT=8080 PRODUCTS=400 FAULTS=on|off
	@$(PY) -m local.airflow_ui --port '$(or $(PORT),8080)' --products '$(PRODUCTS)' --faults '$(FAULTS)'

transform: setup ## the Spark steps on a lake of your own: LAKE=folder DT=2026-11-23 ENGINE=sail|spark
	@$(PY) -m local.stage transform --lake '$(LAKE)' --dt '$(DT)' --engine '$(or $(ENGINE),sail)'

validate: setup ## the gate on a lake of your own: LAKE=folder DT=2026-11-23
	@$(PY) -m local.stage validate --lake '$(LAKE)' --dt '$(DT)'

load: setup ## the load of a lake of your own into the local database: LAKE=folder DT=2026-11-23
	@$(PY) -m local.stage load --lake '$(LAKE)' --dt '$(DT)'

parse: setup ## the raw offer a saved page gives: SUPPLIER=partsro FILE=page.html
	@$(PY) -m crawl.parse --supplier '$(SUPPLIER)' --file '$(FILE)'

read: setup ## how the parsers read each line of a file: KIND=car|part_no|price FILE=texts.txt
	@$(PY) -m transforms.read --kind '$(KIND)' --file '$(FILE)'

docs: setup ## serve the Data Docs: PORT=8000 LAKE=folder
	@$(PY) -m expectations.docs --docs '$(or $(LAKE),.local/cloud/s3/car-parts)/docs' --port '$(or $(PORT),8000)'

sql: setup ## ask the local database: Q="select …"
	@$(PY) -m local.sql $(if $(value Q),'$(subst ','\'',$(value Q))')

lock: ## resolve setup.cfg again into requirements.lock
	@local/setup.sh lock --upgrade

clean: ## remove the local cloud's data, and nothing else
	@[ ! -e .local/lock ] || [ ! -x $(PY) ] || $(PY) -c 'import fcntl; fcntl.flock(open(".local/lock"), fcntl.LOCK_EX | fcntl.LOCK_NB)' 2>/dev/null \
	  || { echo "A run is using .local/. Wait for it to end, or stop it, and try again." >&2; exit 1; }
	@rm -rf .local/cloud .local/postgres .local/airflow .local/shops .local/logs .local/last_run.json
