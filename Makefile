# Two commands on a fresh machine with git, make and Python >= 3.11: `make run` and `make test`.
PYTHON ?= python3
PORT ?= 8080
BIN := .venv/bin

.PHONY: run test check install lock clean

run: install
	@$(BIN)/parkwright run parks/tianjin --port $(PORT)

test: .venv/installed-dev
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not server and not slow"

check: .venv/installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/interrogate -q src

install: .venv/installed

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Parkwright needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Say which one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv or ensurepip is missing; install it first (Debian and Ubuntu: apt install python3-venv)"; exit 2; }
	@echo "Making .venv ..."
	@$(PYTHON) -m venv .venv

.venv/uv: .venv/bin/python installer.lock
	@echo "Fetching the installer ..."
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input -q --require-hashes -r installer.lock
	@touch $@

# The locked packages come through uv, with its own certificates or the system's; where it reaches no index, pip with its settings does the same.
# They are compiled here, once: where Python may write no bytecode, every process would compile them again.
define install_locked
	@$(BIN)/uv pip install --compile-bytecode --python $(BIN)/python --require-hashes -r $(1) \
		|| { echo "Once more with the certificates of this system ..."; $(BIN)/uv pip install --compile-bytecode --system-certs --python $(BIN)/python --require-hashes -r $(1); } \
		|| { echo "Once more with pip, which is slower ..."; $(BIN)/python -m pip install --disable-pip-version-check --no-input --require-hashes -r $(1); }
endef

.venv/installed: .venv/uv requirements.lock pyproject.toml
	@echo "Installing the locked packages (about 300 MB, once) ..."
	$(call install_locked,requirements.lock)
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input -q --no-deps --no-build-isolation -e .
	@echo "Compiling the kernels (once, under a minute) ..."
	@$(BIN)/parkwright warm
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	@echo "Installing the test tools ..."
	$(call install_locked,requirements-dev.lock)
	@touch $@

COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml
lock:
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --group pyproject.toml:installer -o installer.lock
	@$(COMPILE) --group build -o requirements.lock
	@$(COMPILE) --group build --group dev -o requirements-dev.lock

clean:
	@rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis
