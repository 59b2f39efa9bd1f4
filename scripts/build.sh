# Building. One configuration, Release, serves demo, tests, benchmarks and simulation, so that nothing is compiled twice.
# shellcheck shell=bash

# build WHAT: a project's folder or the solution. Quiet when it succeeds; the compiler's own lines when it does not.
build() {
  [ -e "$root/$1" ] || fail "there is no $1 in this checkout"
  # With nothing to do it takes some seconds; the line says why nothing else is seen meanwhile.
  say "building ${1##*/} (Release)"
  compile build "$root/$1" -c Release || fail "${1##*/} does not build: the errors stand above" 1
}

# compile VERB...: dotnet's output goes to a file, since servers that outlive the build would keep a pipe open.
compile() {
  local log status=0
  log=$(mktemp)
  # Audit data comes from the network and has no say in whether a build succeeds. One compiler that stays warm for all
  # projects takes half the time of one each, so it is used where the environment turns it off, too; CI leaves nothing behind.
  locked dotnet "$@" -v q --nologo -p:NuGetAudit=false -p:UseSharedCompilation=true ${CI:+-nodeReuse:false} >"$log" 2>&1 </dev/null || status=$?
  [ -z "${CI:-}" ] || dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1 || true
  [ "$status" -eq 0 ] || cat "$log" >&2
  rm -f "$log"
  return "$status"
}

# publish_to DIR PLATFORM...: the program in one folder. Of one platform, or the native Kafka client of seven would lie in it; compiled
# beforehand, so that it starts sooner.
publish_to() {
  compile publish src/StreamAgg.Service -c Release "${@:2}" --no-self-contained -p:PublishReadyToRun=true -o "$1"
}

# pack_to DIR: what is a package. It is built apart, since a package's symbols name its sources by no path of this machine.
pack_to() {
  local project
  for project in $(grep -l 'Package.props' src/*/*.csproj); do
    compile pack "$project" -c Release --artifacts-path "$root/artifacts/pack" -p:ContinuousIntegrationBuild=true -o "$1" || return 1
  done
}

built() { printf '%s/%s/bin/Release/net10.0' "$root" "$1"; }
