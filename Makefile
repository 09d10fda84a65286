# Two commands for everybody: `make demo` and `make test`.  Both build .venv first.
PYTHON ?= python3.11
BIN := .venv/bin
# Real eyes for the demo to measure on: an MPIIGaze .h5 or its folder, where there is one.
REAL ?= ../shared/real/gaze/mpiigaze_p00/MPIIGaze.h5

.PHONY: .venv test check demo format constraints clean

.venv: .venv/.stamp

.venv/.stamp: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[all]' --constraint constraints.txt
	touch $@

check: .venv/.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

demo: .venv/.stamp
	@test -e '$(REAL)' || echo "no real eyes at $(REAL): measuring on rendered ones only (make demo REAL=MPIIGaze.h5)"
	$(BIN)/canthus demo $(if $(wildcard $(REAL)),real=$(REAL))

format: .venv/.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

constraints: .venv/.stamp
	$(BIN)/python -m pip freeze --exclude canthus | sed 's/^\(torch==[^+]*\)+.*/\1/' > .venv/versions.txt
	( sed '/^[^#]/d' constraints.txt; cat .venv/versions.txt ) > .venv/constraints.txt
	mv .venv/constraints.txt constraints.txt

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
