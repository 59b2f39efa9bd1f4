# What must be on the machine before anything is built. Sourced by ./dev, which sets root.
# Nothing here is noisy or slow when all is there: every other verb runs it first.
# shellcheck shell=bash

# HOME may be missing in a container; NuGet needs a place of its own.
if [ -z "${HOME:-}" ]; then
  HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
  export HOME
fi
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# Standard output belongs to the verb (`./dev demo --json` prints JSON and nothing else).
say() { printf '%s\n' "$*" >&2; }

fail() {
  printf 'dev: %s\n' "$1" >&2
  exit "${2:-3}"
}

# locked COMMAND...: two calls in one clone take turns at what writes obj/, bin/ and artifacts/.
locked() {
  mkdir -p "$root/artifacts"
  if command -v flock >/dev/null; then
    # -o: a compiler server that outlives the build must not keep the lock.
    flock -o "$root/artifacts/.lock" "$@"
  else
    "$@"
  fi
}

setup() {
  require_dotnet
  require_postgres
  [ "${1:-}" != loud ] || say "all is there: .NET SDK $(dotnet --version), PostgreSQL in $(postgres_bin)"
}

require_dotnet() {
  if has_dotnet; then return; fi
  if command -v apt-get >/dev/null && [ -n "$(apt-cache madison dotnet-sdk-10.0 2>/dev/null)" ]; then
    install_packages "the .NET 10 SDK builds and runs everything here" dotnet-sdk-10.0
    if has_dotnet; then return; fi
  fi
  fail "the .NET 10 SDK is missing: install it from https://dotnet.microsoft.com/download/dotnet/10.0, put \`dotnet\` on the PATH, and run this again"
}

has_dotnet() { command -v dotnet >/dev/null && dotnet --list-sdks | grep -q '^10\.'; }

# Only the server's programs are needed: demo and tests make clusters of their own in temporary folders.
postgres_bin() {
  local dir
  for dir in "${PG_BINDIR:-}" "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin; do
    if [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ]; then
      printf '%s' "$dir"
      return
    fi
  done
  return 1
}

require_postgres() {
  if postgres_bin >/dev/null; then return; fi
  # Tests take a container instead.
  if [ "$verb" = test ] && docker version >/dev/null 2>&1; then return; fi
  if command -v apt-get >/dev/null; then
    install_postgres
    if postgres_bin >/dev/null; then return; fi
  fi
  fail "no PostgreSQL server found: install one (13 or later; Debian and Ubuntu: apt-get install postgresql), with initdb and postgres where \`pg_config --bindir\` says"
}

require_browser() {
  if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then return; fi
  install_packages "the page's tests drive it" chromium fonts-dejavu-core
}

# Debian makes and starts a cluster on port 5432 when the server is installed, unless it is told not to. It is of no
# use here, so it is switched off for this one installation; on a machine that was set up for PostgreSQL before,
# its owner's setting stands.
readonly createcluster=/etc/postgresql-common/createcluster.conf

install_postgres() {
  say "installing postgresql: demo and tests run a PostgreSQL of their own, in a temporary folder; no cluster of the system's is made"
  may_install postgresql
  if [ -e "$createcluster" ]; then
    apt_install postgresql
    return
  fi
  apt_install postgresql-common
  as_root cp -p "$createcluster" "$createcluster.before"
  # Whatever happens to the second installation, the setting is as the package brought it afterwards.
  trap 'as_root mv "$createcluster.before" "$createcluster"' EXIT
  as_root sh -c "echo 'create_main_cluster = false' >>$createcluster"
  apt_install postgresql
  as_root mv "$createcluster.before" "$createcluster"
  trap - EXIT
}

# install_packages WHY PACKAGE...: Debian's own packages, once somebody may be assumed to agree.
install_packages() {
  local why=$1
  shift
  command -v apt-get >/dev/null || fail "missing: $* ($why); this script can install packages on Debian and Ubuntu alone, so please install their like and run this again"
  say "installing $*: $why"
  may_install "$@"
  apt_install "$@"
}

apt_install() {
  local log status=0
  log=$(mktemp)
  {
    [ -n "$(apt-cache madison "$1" 2>/dev/null)" ] || as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" || {
      # A list that is older than the mirror names versions that are gone.
      as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
    }
  } >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install $*: its last lines stand above"
  fi
  rm -f "$log"
}

# Root and CI go ahead; a person is asked before sudo is used; anyone else is told the command.
may_install() {
  [ "$(id -u)" -ne 0 ] || return 0
  command -v sudo >/dev/null || fail "missing: $*; as root: apt-get install $*"
  [ "${CI:-}" != true ] || return 0
  if [ ! -t 0 ] || [ ! -t 2 ]; then fail "missing: $*; run: sudo apt-get install $*"; fi
  local answer
  read -r -p "Use sudo for this? [y/N] " answer
  case $answer in
    [yY]*) ;;
    *) fail "nothing was installed; later: sudo apt-get install $*" ;;
  esac
  sudo -v || fail "sudo was refused; as root: apt-get install $*"
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif [ "${CI:-}" = true ]; then
    # Nobody is there to type a password: better a refusal than a wait.
    sudo -n "$@"
  else
    sudo "$@"
  fi
}
