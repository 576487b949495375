# What CI runs is what people run. Every target makes its own environment first.
#   make setup      .venv with the locked packages, once
#   make book       build the site into _build/html
#   make lab        JupyterLab on chapter 1
#   make test       everything that must hold
#   make faults     kill, damage, fill and cut off, as often as the book claims
#   make train      the README's first result: a mini-GPT in under a minute
#   make lint       ruff, and the notebook linter
#   make notebooks  execute every notebook in place and normalise it
#   make mutants    break the library on purpose, and see that tests notice: an hour or more
#   make report     count what is checked into appendices/report.md
#   make measure    speed, quality, faults, mutants: hours; DATA=tiny_shakespeare.txt
#   make lock       resolve pyproject.toml into requirements.lock
#   make clean      remove what was built (the environment and your runs stay)

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
TORCH  := $(shell sed -n 's/.*"\(torch==[0-9.]*\)".*/\1/p' pyproject.toml)
TORCH_FLAGS ?=
READY  := $(VENV)/.ready
CPUS   ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)

.PHONY: setup book lab test faults train lint notebooks mutants report measure lock clean

setup: $(READY)

$(READY): requirements.lock pyproject.toml postBuild
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Try: make setup PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(TORCH_FLAGS) $(TORCH)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash postBuild
	touch $@

book: $(READY)
	$(BIN)/jupyter-book build . -W -n --keep-going

lab: $(READY)
	$(BIN)/jupyter-lab --LabApp.default_url=/lab/tree/chapters/01_next_token_game.ipynb

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n $(CPUS) --cov

faults: $(READY)
	$(BIN)/python -m tests.faults --long

train: $(READY)
	$(BIN)/python -m minigpt train --preset tiny --data kingdom --out runs/hello

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tools.notebooks --check

notebooks: $(READY)
	$(BIN)/python -m tools.notebooks

mutants: $(READY)
	$(BIN)/python -m tools.mutants --processes $(CPUS)

report: $(READY)
	$(BIN)/python -m tools.report

MEASURED := appendices/measured

measure: $(READY)
	for part in steps generation cache tokenizer skipgram growth gpu quality; do \
	  $(BIN)/python -m minigpt bench $$part --data "$(DATA)" --json > $(MEASURED)/$$part.json || exit 1; done
	$(BIN)/python -m tests.faults --long --json $(MEASURED)/faults.json
	$(BIN)/python tests/same_losses.py "$(DATA)" > $(MEASURED)/processes.jsonl
	$(BIN)/python -m tools.mutants --json $(MEASURED)/mutants.json
	$(BIN)/python -m tools.elsewhere --json $(MEASURED)/elsewhere.json
	$(BIN)/python -m tools.measured

# torch and its CUDA packages stay out: torch is installed first, and which build
# of it (CPU, CUDA, ROCm) is the machine's business, not the lock file's.
lock: | $(READY)
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	  --generate-hashes --quiet --custom-compile-command 'make lock' --output-file requirements.lock \
	  $$(for p in torch triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti \
	  nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand \
	  nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink \
	  nvidia-nvshmem-cu13 nvidia-nvtx; do echo --no-emit-package $$p; done)

clean:
	rm -rf _build .pytest_cache .ruff_cache .coverage htmlcov
