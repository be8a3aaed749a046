# make          fetches what is missing and builds halftone into build/release
# make demo     builds, quantizes the model in examples/ and says what that cost
# make test     builds and runs every test; the last line is "N passed, N failed"
# make deps     installs the Debian packages that are missing
# make clean    removes what was built; .venv, which was fetched, stays
#
# PYTHON=python3   the interpreter that is looked into for torch and that runs the tools
# TORCH=PATH       a torch package's folder, or the prefix of a Python that has one (tools/find_torch.py)
# JOBS=N           compilers at a time
# CMAKE_ARGS=...   more for cmake, as -DHALFTONE_CUDA=ON
PYTHON ?= python3
JOBS ?= $(shell nproc)
CMAKE_ARGS ?=
# Relative, so that the tree may stand in any folder, blanks in its name included.
BUILD := build/release
export PYTHON

.PHONY: all configure build demo deps test clean
all: build

deps:
	@tools/install_deps.sh

configure: deps
	@torch="$$($(PYTHON) tools/find_torch.py)" && python="$$($(PYTHON) -c 'import sys; print(sys.executable)')" && \
	  cmake --preset release -DHALFTONE_TORCH="$$torch" -DPython3_EXECUTABLE="$$python" $(CMAKE_ARGS)

build: configure
	@cmake --build $(BUILD) -j $(JOBS)

# tools/test_env.sh makes the Python environments that some tests read halftone's output with.
# The first minute: the small model of examples/, quantized, verified, and what it cost.
demo: configure
	@cmake --build $(BUILD) -j $(JOBS) --target halftone
	@tools/demo.sh $(BUILD)/halftone

test: build
	@tools/test_env.sh || echo "make test: the tests that need these environments will count as failed"
	@$(PYTHON) tools/run_tests.py --build $(BUILD) --jobs 2

clean:
	rm -rf build
