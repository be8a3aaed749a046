#!/bin/sh
# Makes the two Python environments that some tests read halftone's output with:
#
#   .venv-peers-4.57     transformers 4.57 with compressed-tensors 0.14
#   .venv-peers-newest   the newest of both, as of the day it was made; remove the folder to renew it
#
# Torch is the one that tools/find_torch.py finds, shared by a .pth file; where Python cannot import that one (a CUDA
# wheel without its gigabytes of dependencies, another Python's wheel), a wheel for the CPU goes to .venv-torch-cpu.
# Says nothing and touches nothing when both are there. PYTHON=python3 and TORCH=PATH as for make.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
python=${PYTHON:-python3}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

give_up() {
  tail -n 5 "$log" | sed 's/^/    /' >&2
  rm -rf "$name" # tests then fail for want of their Python instead of running in half of it
  echo "test environments: $1" >&2
  exit 1
}

imports_torch() { # PYTHON FOLDER: whether that Python can import the torch in that folder
  "$1" -c 'import sys; sys.path.append(sys.argv[1]); import torch' "$2" >>"$log" 2>&1
}

# The newest wheel for the CPU that pip finds, beside no other package. Prints its folder.
fetch_cpu_torch() {
  folder=$root/.venv-torch-cpu
  if [ ! -d "$folder/torch" ]; then
    versions=$("$python" -c 'import sys; sys.path.append("tools"); import find_torch; print(*find_torch.KNOWN)')
    for version in $versions; do
      "$1" -m pip install --quiet --no-deps --target "$folder" "torch==$version+cpu" >>"$log" 2>&1 && break
    done
  fi
  echo "$folder"
}

share_torch() { # PYTHON: prints the folder of a torch that this Python can import, once its dependencies are there
  "$1" -m pip install --quiet numpy filelock fsspec jinja2 networkx sympy typing_extensions setuptools >>"$log" 2>&1 ||
    give_up "pip cannot fetch packages; its last words are above"
  folder=$(dirname "$("$python" tools/find_torch.py 2>>"$log")")
  imports_torch "$1" "$folder" || folder=$(fetch_cpu_torch "$1")
  imports_torch "$1" "$folder" ||
    give_up "no torch that $1 can import, and pip finds no wheel for the CPU; give one with TORCH=PATH"
  echo "$folder"
}

make_environment() { # NAME REQUIREMENT...
  name=$1
  shift
  stamp="$*; $("$python" -c 'import sys; print(sys.executable, sys.version_info[:2])')"
  if [ "$(cat "$name/made" 2>/dev/null)" = "$stamp" ] && [ -d "$(cat "$name/torch" 2>/dev/null)/torch" ]; then return; fi
  echo "test environments: making $name" >&2
  rm -rf "$name"
  "$python" -m venv "$name" >>"$log" 2>&1 || give_up "$python -m venv fails; install python3-venv"
  inside=$root/$name/bin/python
  torch=$(share_torch "$inside")
  # Pip sees torch there too, and leaves it alone. psutil and accelerate: imported by compressed-tensors 0.14 and by
  # the quantizers of transformers 4.57, asked for by neither.
  site=$("$inside" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  echo "$torch" | tee "$name/torch" >"$site/torch.pth"
  constraints=$name/constraints.txt
  "$inside" -c 'import importlib.metadata as m; print("torch==" + m.version("torch"))' >"$constraints"
  "$inside" -m pip install --quiet --constraint "$constraints" numpy pillow psutil accelerate "$@" >>"$log" 2>&1 ||
    give_up "pip cannot install $* beside $(cat "$constraints"); its last words are above"
  echo "$stamp" >"$name/made"
}

make_environment .venv-peers-4.57 "transformers==4.57.*" "compressed-tensors==0.14.*"
make_environment .venv-peers-newest transformers compressed-tensors
