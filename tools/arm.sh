#!/usr/bin/env bash
# Builds the core for 64-bit ARM and runs tests with it under emulation: tools/arm.sh BIN TESTS..., with the folder of an
# environment's programs (make arm). Of the hashes it computes those that ARM_HASHES names, or all. It needs Debian's
# qemu-user and g++-aarch64-linux-gnu, and fetches an ARM Python with its packages into build/arm; nothing is installed on
# this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
bin="$1"; shift
here="$PWD/build/arm"
root="$here/root"
mkdir -p "$here"/{apt/lists/partial,apt/archives/partial,debs,site,package}
for program in qemu-aarch64 aarch64-linux-gnu-g++; do
  command -v $program >/dev/null || { echo "$program is missing: apt-get install qemu-user g++-aarch64-linux-gnu"; exit 1; }
done

version="$("$bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
if [ ! -x "$root/usr/bin/python$version" ]; then
  touch "$here/apt/status"
  apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$here/apt"
    -o Dir::State::status="$here/apt/status" -o Dir::Cache="$here/apt" -o APT::Sandbox::User=root)
  "${apt[@]}" update
  (cd "$here/debs" && "${apt[@]}" download libc6 libgcc-s1 libstdc++6 "python$version-minimal" "libpython$version-minimal" \
    "libpython$version-stdlib" "libpython$version-dev" "python$version" zlib1g libexpat1 libbz2-1.0 liblzma5 libsqlite3-0 \
    libffi8 libssl3 libuuid1 libncursesw6 libtinfo6 libreadline8)
  for package in "$here"/debs/*.deb; do dpkg-deb -x "$package" "$root"; done
  "$bin/python" -m pip download --quiet --dest "$here/wheels" --only-binary=:all: --python-version "$version" \
    --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux2014_aarch64 \
    numpy rich matplotlib click portalocker pytest pytest-randomly hypothesis cmaes scipy gymnasium cloudpickle
  for wheel in "$here"/wheels/*.whl; do "$bin/python" -m zipfile -e "$wheel" "$here/site"; done
fi

cmake=("$bin/cmake" -S . -B "$here/build" -G Ninja -DCMAKE_MAKE_PROGRAM="$bin/ninja" -DCMAKE_BUILD_TYPE=Release)
"${cmake[@]}" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ \
  -DPython_EXECUTABLE="$bin/python" -DPython_INCLUDE_DIR="$root/usr/include/python$version" \
  -DCMAKE_CXX_FLAGS="-I$root/usr/include" -Dnanobind_DIR="$("$bin/python" -m nanobind --cmake_dir)" >"$here/build.log"
"$bin/cmake" --build "$here/build" >>"$here/build.log"

rm -rf "$here/package/wann"
cp -r src/wann "$here/package/wann"
rm -f "$here"/package/wann/_core_v*
# The build is named after this machine's Python.
cp "$here"/build/_core_generic.*.so "$here/package/wann/_core_generic.so"

export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$here/package:$here/site"
emulated=(qemu-aarch64 -L "$root" "$root/usr/bin/python$version")
"${emulated[@]}" -m pytest -p no:randomly -p no:cacheprovider "$@"
only=()
for name in ${ARM_HASHES:-}; do only+=(--only "$name"); done
"${emulated[@]}" tests/same_bits.py --check "${only[@]}"
