# Building. One configuration, Release, serves demo, tests, benchmarks and simulation, so that nothing is compiled twice.
# shellcheck shell=bash

# build WHAT: a project's folder or the solution. Quiet when it succeeds; the compiler's own lines when it does not.
build() {
  local name=${1##*/}
  [ -e "$root/$1" ] || fail "there is no $1 in this checkout"
  [ -d "$(built "$1")" ] || say "building $name (Release)"
  # Audit data comes from the network and has no say in whether a build succeeds. Nodes that outlive the
  # build keep a CI job's pipes open.
  locked dotnet build "$root/$1" -c Release -v q --nologo -clp:NoSummary -p:NuGetAudit=false ${CI:+-nodeReuse:false} >&2 ||
    fail "$name does not build: the errors stand above" 1
}

built() { printf '%s/%s/bin/Release/net10.0' "$root" "$1"; }
