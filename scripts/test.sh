# Runs the tests and closes with their sum, `N passed, N failed, N skipped`. Sourced by ./dev.
#
# A project under tests/ says what it is in its own file: <TestKind>unit</TestKind>, simulation or integration. One that
# the SDK knows as a test project is run by xunit; any other is a program that is run with its <TestArguments>: its
# exit code is one result, or its last line is, where that is a sum of the same form.
# shellcheck shell=bash

# Past this a project is stopped and counted as failed: a test that hangs must say so before a CI's own limit does.
readonly test_limit_seconds=900

passed=0 failed=0 skipped=0

test_kinds() {
  local kinds=("$@") kind project status=0 log
  [ ${#kinds[@]} -gt 0 ] || kinds=(unit simulation integration)
  for kind in "${kinds[@]}"; do
    case $kind in
      unit | simulation | integration) ;;
      *) fail "test takes unit, simulation, integration or nothing, not \"$kind\"" 2 ;;
    esac
  done
  require_kinds

  build StreamAgg.sln
  log=$(mktemp -d)
  for kind in "${kinds[@]}"; do
    for project in $(projects_of "$kind"); do
      echo "== $kind: $(basename "$project" .csproj)"
      run_project "$project" "$log"
    done
  done
  rm -rf "$log"

  if [ $((passed + failed)) -eq 0 ]; then
    say "no test was executed (${kinds[*]})"
    status=1
  fi
  [ "$failed" -eq 0 ] || status=1
  echo "$passed passed, $failed failed, $skipped skipped"
  return "$status"
}

# A test project without a kind would never run, and one outside the solution would run as it was last built.
require_kinds() {
  local project kind
  for project in tests/*/*.csproj; do
    kind=$(property "$project" TestKind)
    if [ -z "$kind" ] && is_xunit "$project"; then
      fail "$project says no <TestKind>: unit, simulation or integration" 1
    elif [ -n "$kind" ]; then
      case $kind in
        unit | simulation | integration) ;;
        *) fail "$project says <TestKind>$kind</TestKind>: unit, simulation or integration" 1 ;;
      esac
      # Solution files spell paths with backslashes.
      grep -qF "${project//\//\\}" StreamAgg.sln || fail "$project is not in StreamAgg.sln: dotnet sln add $project" 1
    fi
  done
}

projects_of() { grep -l "<TestKind>$1</TestKind>" tests/*/*.csproj || true; }

property() { sed -n "s/.*<$2>\(.*\)<\/$2>.*/\1/p" "$1"; }

is_xunit() { grep -q '<IsTestProject>true</IsTestProject>' "$1"; }

run_project() {
  local project=$1 log=$2 name program began=$SECONDS
  name=$(basename "$project" .csproj)
  program=$(built "$(dirname "$project")")/$name.dll
  rm -f "$log"/*
  if is_xunit "$project"; then
    run_xunit "$name" "$program" "$log"
  else
    run_program "$name" "$program" "$log" "$(property "$project" TestArguments)"
  fi
  echo "   $((SECONDS - began)) s"
}

run_xunit() {
  local name=$1 program=$2 log=$3 status=0 sums failures
  # The runner prints failures with their messages and skips with their reasons; the rest of what it says is left out.
  limited dotnet "$program" -noLogo -noColor -xml "$log/report.xml" 2>&1 | tee "$log/out" | worth_reading || status=${PIPESTATUS[0]}
  sums=$(grep -o '<assembly [^>]*>' "$log/report.xml" 2>/dev/null || true)
  if [ -z "$sums" ]; then
    tail -n 20 "$log/out"
    count_failure "$name ended with exit code $status and without a report$(overtime "$status")"
    return
  fi
  failures=$(($(attribute "$sums" failed) + $(attribute "$sums" errors)))
  passed=$((passed + $(attribute "$sums" passed)))
  skipped=$((skipped + $(attribute "$sums" skipped)))
  failed=$((failed + failures))
  if [ "$status" -ne 0 ] && [ "$failures" -eq 0 ]; then
    count_failure "$name ended with exit code $status though no test of it failed$(overtime "$status")"
  elif [ $(($(attribute "$sums" passed) + failures + $(attribute "$sums" skipped))) -eq 0 ]; then
    count_failure "$name holds no test"
  fi
}

run_program() {
  local name=$1 program=$2 log=$3 status=0 sums
  # Arguments are plain words, split as a shell would.
  # shellcheck disable=SC2086
  limited dotnet "$program" $4 2>&1 | tee "$log/out" || status=${PIPESTATUS[0]}
  sums=$(tail -n 1 "$log/out" | grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' || true)
  if [ -n "$sums" ]; then
    local p f s
    # shellcheck disable=SC2034
    read -r p _ f _ s _ <<<"$sums"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$status" -eq 0 ] || [ "$f" -gt 0 ] || count_failure "$name ended with exit code $status"
  elif [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
  else
    count_failure "$name ended with exit code $status$(overtime "$status")"
  fi
}

count_failure() {
  echo "[FAIL] $1"
  failed=$((failed + 1))
}

limited() {
  if command -v timeout >/dev/null; then
    timeout --foreground -k 10 "$test_limit_seconds" "$@"
  else
    "$@"
  fi
}

overtime() { [ "$1" -ne 124 ] || printf ' (stopped after %s s)' "$test_limit_seconds"; }

attribute() { sed -n "s/.* $2=\"\([0-9]*\)\".*/\1/p" <<<"$1"; }

worth_reading() { grep --line-buffered -vE '^  (Discovering|Discovered|Starting|Finished):|^=== TEST EXECUTION SUMMARY|^   [^ ].*  Total: [0-9]+' || true; }
