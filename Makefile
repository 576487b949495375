# What CI runs is what people run. Every target makes its own environment first.
#   make setup      .venv with the locked packages, once
#   make book       build the site into _build/html
#   make lab        JupyterLab on chapter 1
#   make test       everything that must hold
#   make train      the README's first result: a mini-GPT in under a minute
#   make lint       ruff, and the notebook linter
#   make notebooks  execute every notebook in place and normalise it
#   make report     count what is checked into appendices/report.md
#   make lock       resolve pyproject.toml into requirements.lock
#   make clean      remove what was built (the environment and your runs stay)

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
TORCH  := $(shell sed -n 's/.*"\(torch==[0-9.]*\)".*/\1/p' pyproject.toml)
TORCH_FLAGS ?=
READY  := $(VENV)/.ready
CPUS   ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)

.PHONY: setup book lab test train lint notebooks report lock clean

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

train: $(READY)
	$(BIN)/python -m minigpt train --preset tiny --data kingdom --out runs/hello

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tools.notebooks --check

notebooks: $(READY)
	$(BIN)/python -m tools.notebooks

report: $(READY)
	$(BIN)/python -m tools.report

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
