#!/usr/bin/env bash
# Installs a Solana SBF toolchain made of Debian's packages and one crate, for machines that cannot
# download Anza's platform-tools. `cargo xtask build` runs it on first use; toolchain/README.md says
# how the parts fit together.
#
#   install.sh DIRECTORY
#
# It needs no root: apt fetches and verifies the packages (InRelease by Debian's keys, indices and
# packages by their hashes) with lists and caches of its own, and they are only unpacked, below
# DIRECTORY. Each part is prepared in a work folder and renamed into place when whole, so a part that
# exists is complete: interrupt it at any moment and run it again.
# shellcheck disable=SC2016 # the placeholders of apt and dpkg-deb are not the shell's
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Debian's Rust for its browsers lives in the security suite; the other packages come from its base.
readonly SUITE=bookworm
# std-solana.patch edits the library of this version.
readonly RUST=1.96
# The BPF back end returns two registers and passes stack arguments from LLVM 23 on.
readonly LLVM=23
readonly LINKER=0.2.6
# What the unpacked rustc links against on the machine itself: Debian 12's C library.
readonly GLIBC=2.36
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
readonly NEEDED_MIB=2500

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }
step() { say "SBF toolchain [$1/5]: $2"; }

[ $# -eq 1 ] || fail "usage: install.sh DIRECTORY"
readonly ELSEWHERE="install the Solana tools instead (https://solana.com/docs/intro/installation)"
[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || fail "this toolchain is for x86-64 Linux only: $ELSEWHERE"
for tool in apt-get dpkg-deb gpgv flock; do
  command -v "$tool" >/dev/null || fail "$tool is missing, and this toolchain is made of Debian's packages: $ELSEWHERE"
done
mkdir -p "$1" || fail "cannot create $1: set WAYFARE_CACHE to a folder you may write to"
prefix=$(cd "$1" && pwd)

exec 9>"$prefix/lock"
if ! flock --nonblock 9; then
  say "Another run is installing the SBF toolchain: waiting for it."
  flock 9
fi
# The last part is made when all others are there.
[ ! -e "$prefix/builtins" ] || exit 0

command -v cc >/dev/null || fail "the C compiler cc is missing: sudo apt-get install gcc libc6-dev"
[ -r "$KEYRING" ] || fail "Debian's keys ($KEYRING) are missing: sudo apt-get install debian-archive-keyring"
glibc=$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)
[ "$(printf '%s\n' "$GLIBC" "$glibc" | sort -V | head -n 1)" = "$GLIBC" ] ||
  fail "the C library here is $glibc and Debian's Rust needs $GLIBC or later: use Debian 12, Ubuntu 24.04 or newer"
free=$(df -Pk "$prefix" | awk 'NR == 2 { print int($4 / 1024) }')
[ "$free" -ge "$NEEDED_MIB" ] ||
  fail "$prefix has $free MiB free and the toolchain needs $NEEDED_MIB MiB: set WAYFARE_CACHE to a larger disk"

# Whatever an interrupted run left half done.
work=$prefix/work
rm -rf "$work"
mkdir "$work"
trap 'rm -rf "$work"' EXIT

# have PART INPUTS: whether the part is there, or is now, since another version of the toolchain
# beside this one made it from the same inputs.
have() {
  local old
  [ ! -e "$prefix/$1" ] || return 0
  for old in "$prefix"/../*/"$1"; do
    if [ "$(cat "$old/inputs" 2>/dev/null)" = "$2" ]; then
      # Links to the same files: nothing ever changes them.
      cp -al "$old" "$work/$1" && mv -T "$work/$1" "$prefix/$1" && return 0
      rm -rf "${work:?}/$1"
    fi
  done
  return 1
}

# put_in_place PART INPUTS: makes work/PART the finished part.
put_in_place() {
  printf '%s\n' "$2" > "$work/$1/inputs"
  sync -f "$work/$1"
  mv -T "$work/$1" "$prefix/$1"
}

# The mirror that apt is set up with, where it has one, since it is the one that is reached from here.
mirror_of() {
  local found
  found=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -v label="$1" '$1 == label { print $2; exit }') || true
  printf '%s\n' "${found:-$2}"
}
main_mirror=$(mirror_of Debian http://deb.debian.org/debian/)
security_mirror=$(mirror_of Debian-Security http://deb.debian.org/debian-security/)

# use_suites SUITE...: points apt at these suites, with lists, caches and a package database of its
# own. Of the machine's configuration it keeps how to reach a mirror (a proxy, say), and nothing else.
use_suites() {
  local suite mirror
  rm -rf "$work/apt"
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
  for suite; do
    mirror=$main_mirror
    [[ $suite != *-security ]] || mirror=$security_mirror
    printf 'deb [signed-by=%s] %s %s main\n' "$KEYRING" "$mirror" "$suite"
  done > "$work/apt/sources.list"
  : > "$work/apt/status"
  apt-config dump Acquire > "$work/apt/apt.conf"
  cat >> "$work/apt/apt.conf" <<CONF
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::State "$work/apt";
Dir::State::lists "$work/apt/lists";
Dir::State::status "$work/apt/status";
Dir::Cache "$work/apt/cache";
Dir::Etc::sourcelist "$work/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Debug::NoLocking "true";
CONF
  APT_CONFIG=$work/apt/apt.conf apt-get -q update >&2 ||
    fail "cannot fetch Debian's package lists for $* from $main_mirror: check the network, and the proxy in /etc/apt/apt.conf.d"
}

# has_package NAME: whether the suites in use offer it.
has_package() {
  APT_CONFIG=$work/apt/apt.conf apt-cache show --no-all-versions "$1" >/dev/null 2>&1
}

# assume_installed NAME VERSION [PROVIDES]: leaves a package, and what only it needs, out of the download.
assume_installed() {
  printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nMaintainer: none\nVersion: %s\nDescription: none\n%s\n' \
    "$1" "$2" "${3:+Provides: $3
}" >> "$work/apt/status"
}

# unpack NAME PACKAGE...: fetches the packages and all they depend on, and unpacks them into work/NAME.
unpack() {
  local part=$work/$1 deb
  shift
  APT_CONFIG=$work/apt/apt.conf apt-get -q -y --download-only install "$@" >&2 ||
    fail "apt cannot fetch $*: run the command again, and if the suite is in transition (its message above says so), later"
  mkdir "$part"
  for deb in "$work"/apt/cache/archives/*.deb; do
    dpkg-deb --extract "$deb" "$part"
    dpkg-deb --show --showformat '${Package} ${Version}\n' "$deb" >> "$part/versions"
  done
  # Debian 12 keeps some libraries in /lib, which an installation merges with /usr/lib.
  [ ! -d "$part/lib" ] || cp -al "$part/lib/." "$part/usr/lib/"
}

inputs="$SUITE $RUST"
if ! have rust "$inputs"; then
  step 1 "Rust $RUST, Cargo and the library source from Debian $SUITE (about 150 MB)"
  use_suites "$SUITE" "$SUITE-security"
  # Programs run by the machine itself: its C library, its C compiler and linker serve build scripts.
  assume_installed libc6 "$GLIBC"
  assume_installed gcc 4:12 "libc-dev, binutils (= 2.40)"
  unpack rust rustc-web cargo-web rust-web-src patch
  version=$(awk '$1 == "rustc-web" { print $2 }' "$work/rust/versions")
  [[ $version == "$RUST".* ]] ||
    fail "Debian's Rust is now $version, and toolchain/std-solana.patch is for $RUST: bring the patch and RUST in toolchain/install.sh up to it"
  mv "$work/rust/usr/src/rustc-"*/library "$work/rust/library"
  rm -rf "$work/rust/usr/src" "$work/rust/usr/share" "$work/rust/usr/lib/rustlib/src"
  put_in_place rust "$inputs"
fi

inputs=$LLVM
if ! have llvm "$inputs"; then
  step 2 "LLVM $LLVM from Debian (about 60 MB)"
  # The oldest suite that has it: what is in a stable one no longer moves.
  for suites in "$SUITE $SUITE-security" "stable stable-security" testing unstable; do
    # shellcheck disable=SC2086 # a list of suites
    use_suites $suites
    ! has_package "libllvm$LLVM" || break
  done
  has_package "libllvm$LLVM" || fail "no Debian suite has libllvm$LLVM any more: raise LLVM in toolchain/install.sh"
  unpack llvm "libllvm$LLVM"
  library=$(cd "$work/llvm" && find usr/lib -name "libLLVM.so.$LLVM.*" | sort -V | tail -n 1)
  [ -n "$library" ] || fail "libllvm$LLVM holds no libLLVM.so.$LLVM.*: Debian changed its layout"
  # The linker takes the first libLLVM of a folder, so it gets a folder with one.
  mkdir "$work/llvm/only"
  ln -s "../$library" "$work/llvm/only/"
  rm -rf "$work/llvm/usr/share"
  put_in_place llvm "$inputs"
fi

# The wrappers find their parts from where they stand. The loader is named, rather than
# LD_LIBRARY_PATH set, so that the libraries are not passed on to compilers and build scripts.
inputs=$(cat "$prefix/rust/versions" "$here/std-solana.patch" "$here/sbpf-solana.json" "$here/bin/"* | sha256sum)
if ! have sysroot "$inputs"; then
  step 3 "a standard library that knows target_os = \"solana\""
  rust_lib=$prefix/rust/usr/lib/x86_64-linux-gnu
  mkdir -p "$work/sysroot/lib/rustlib/src/rust" "$work/sysroot/targets" "$work/sysroot/bin"
  cp -r "$prefix/rust/library" "$work/sysroot/lib/rustlib/src/rust/library"
  /lib64/ld-linux-x86-64.so.2 --library-path "$rust_lib" "$prefix/rust/usr/bin/patch" \
    --silent --fuzz=0 -p1 -d "$work/sysroot/lib/rustlib/src/rust" < "$here/std-solana.patch" ||
    fail "toolchain/std-solana.patch does not fit Debian's Rust $(awk '$1 == "rustc-web" { print $2 }' "$prefix/rust/versions")"
  ln -s "../../../rust/usr/lib/rustlib/x86_64-unknown-linux-gnu" "$work/sysroot/lib/rustlib/x86_64-unknown-linux-gnu"
  cp "$here/sbpf-solana.json" "$work/sysroot/targets/"
  cp "$here/bin/"* "$work/sysroot/bin/"
  put_in_place sysroot "$inputs"
fi

inputs=$LINKER
if ! have linker "$inputs"; then
  step 4 "sbpf-linker $LINKER from crates.io (builds in about a minute)"
  PATH=$work/linker/bin:$PATH "$prefix/sysroot/bin/cargo" install --locked --root "$work/linker" --target-dir "$work/linker-build" "sbpf-linker@$LINKER" >&2 ||
    fail "cannot build sbpf-linker $LINKER (its message is above): when it is the network, run the command again"
  put_in_place linker "$inputs"
fi

step 5 "memory and 128-bit routines"
mkdir "$work/builtins"
"$prefix/sysroot/bin/cargo-sbf" build --release --locked \
  --manifest-path "$here/builtins/Cargo.toml" --target-dir "$work/builtins-build" >&2 ||
  fail "cannot build toolchain/builtins (its message is above)"
cp "$work/builtins-build/sbpf-solana/release/libsbpf_builtins.rlib" "$work/builtins/"
put_in_place builtins ""
say "The SBF toolchain is in $prefix"
