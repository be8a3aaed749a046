#!/bin/sh
# Installs what halftone needs from Debian and what is missing. Uses neither the network nor root when nothing is.
#   tools/install_deps.sh        PYTHON=python3 names the interpreter that makes the virtual environments
set -eu

missing=""
need_program() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need_library() {
  case "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" in
    "install ok installed") ;;
    *) missing="$missing $1" ;;
  esac
}

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "deps: no Debian packages on this machine; see the list in tools/install_deps.sh" >&2
  exit 0
fi
need_program g++ g++
need_program cmake cmake
need_program ninja ninja-build
need_program ccache ccache
need_program clang-format-14 clang-format-14
need_program pkg-config pkg-config
"${PYTHON:-python3}" -c "import ensurepip, venv" 2>/dev/null || missing="$missing python3-venv"
for library in libfmt-dev libspdlog-dev nlohmann-json3-dev libyaml-cpp-dev libcli11-dev libpcre2-dev libutf8proc-dev \
  libsentencepiece-dev libxxhash-dev libjpeg62-turbo-dev libpng-dev libwebp-dev libgtest-dev libgmock-dev \
  libbenchmark-dev; do
  need_library "$library"
done
[ -n "$missing" ] || exit 0

echo "deps: installing$missing"
if [ "$(id -u)" -eq 0 ]; then
  as_root() { env DEBIAN_FRONTEND=noninteractive "$@"; }
elif command -v sudo >/dev/null 2>&1; then
  as_root() { sudo env DEBIAN_FRONTEND=noninteractive "$@"; }
else
  echo "deps: not root and no sudo; ask someone to run: apt-get install$missing" >&2
  exit 1
fi
# A machine whose package lists are there needs no update; one whose lists are old or absent does.
# shellcheck disable=SC2086
as_root apt-get install -y --no-install-recommends $missing || {
  as_root apt-get update
  as_root apt-get install -y --no-install-recommends $missing
}
