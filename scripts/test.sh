# Runs the tests and closes with their sum, `N passed, N failed, N skipped`. Sourced by ./dev.
#
# A project under tests/ says what it is in its own file: <TestKind>unit</TestKind>, simulation or integration. One that
# the SDK knows as a test project is run by xunit; any other is a program that is run with its <TestArguments>: its
# exit code is one result, or its last line is, where that is a sum of the same form. Those that say
# <NeedsBroker>true</NeedsBroker> mostly wait: they run last and beside each other; the kind `kafka` is them alone.
# shellcheck shell=bash

# Past this a project is stopped and counted as failed: a test that hangs must say so before a CI's own limit does.
readonly test_limit_seconds=1200

passed=0 failed=0 skipped=0

test_kinds() {
  local kinds=() argument kind project status=0 logs waiting=() only=''
  for argument in "$@"; do
    case $argument in
      unit | simulation | integration | kafka) kinds+=("$argument") ;;
      --embedded)
        export STREAMAGG_TEST_KAFKA=embedded
        unset KAFKA_HOME
        ;;
      StreamAgg.*)
        [ -f "tests/$argument/$argument.csproj" ] || fail "there is no test project $argument" 2
        only=$argument
        ;;
      *) fail "test takes unit, simulation, integration, kafka or nothing, a project's name, and --embedded, not \"$argument\"" 2 ;;
    esac
  done
  [ ${#kinds[@]} -gt 0 ] || kinds=(unit simulation integration)
  require_kinds

  build StreamAgg.sln
  logs=$(mktemp -d)
  [ -n "$only" ] || publish_for "$logs" "${kinds[@]}"
  for kind in "${kinds[@]}"; do
    for project in $(projects_of "$kind"); do
      [ -z "$only" ] || [ "$(basename "$project" .csproj)" = "$only" ] || continue
      mkdir "$logs/$(basename "$project" .csproj)"
      if needs_broker "$project"; then
        waiting+=("$project")
      else
        run_project "$project" "$logs"
        add_result "$project" "$logs"
      fi
    done
  done
  run_beside "$logs" "${waiting[@]}"
  judge_skips "$logs"
  rm -rf "$logs"

  if [ $((passed + failed)) -eq 0 ]; then
    say "no test was executed (${kinds[*]})"
    status=1
  fi
  [ "$failed" -eq 0 ] || status=1
  echo "$passed passed, $failed failed, $skipped skipped"
  return "$status"
}

# publish_for LOGS KIND...: end-to-end tests start the program a few hundred times; what is compiled beforehand is compiled once.
publish_for() {
  case " ${*:2} " in *" integration "* | *" kafka "*) ;; *) return 0 ;; esac
  say "publishing what the end-to-end tests start"
  if publish_to "$1/published" --use-current-runtime; then
    export STREAMAGG_PUBLISHED=$1/published
  else
    say "it can't be published here: they start it as it was built"
  fi
}

# run_beside LOGS PROJECT...: all at once. The last one is seen as it runs, the others at their ends.
run_beside() {
  local logs=$1 project pids=()
  shift
  [ $# -gt 0 ] || return 0
  # Each in a process group of its own, so that whatever ends this script ends their tests, too.
  set -m
  for project in "${@:1:$#-1}"; do
    run_project "$project" "$logs" >"$logs/$(basename "$project" .csproj)/said" 2>&1 </dev/null &
    pids+=($!)
  done
  set +m
  trap 'kill_groups "${pids[@]}"' EXIT
  run_project "${*: -1}" "$logs"
  [ ${#pids[@]} -eq 0 ] || wait "${pids[@]}" || true
  trap - EXIT
  for project in "$@"; do
    cat "$logs/$(basename "$project" .csproj)/said" 2>/dev/null || true
    add_result "$project" "$logs"
  done
}

kill_groups() {
  local pid
  for pid in "$@"; do kill -- "-$pid" 2>/dev/null || true; done
}

add_result() {
  local p=0 f=1 s=0
  # shellcheck disable=SC2034
  read -r p f s <"$2/$(basename "$1" .csproj)/result" || true
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# A test that is skipped where CI does not expect it is one that has stopped to prove anything: STREAMAGG_EXPECTED_SKIPS names a
# file with a test on each line, by class and method, and what it needs. What is listed and runs all the same has no place there.
judge_skips() {
  local expected test
  [ -n "${STREAMAGG_EXPECTED_SKIPS:-}" ] || return 0
  cat "$1"/*/report.xml | skipped_tests >"$1/skipped"
  expected=$(sed '/^#/d; s/ .*//' "$STREAMAGG_EXPECTED_SKIPS" | sort -u)
  for test in $(comm -23 "$1/skipped" <(echo "$expected")); do
    tell_failure "$test was skipped, which $STREAMAGG_EXPECTED_SKIPS does not expect"
    failed=$((failed + 1))
  done
  [ "${STREAMAGG_TEST_KAFKA:-}" = embedded ] || return 0
  for test in $(comm -13 "$1/skipped" <(echo "$expected")); do
    tell_failure "$test was not skipped, though $STREAMAGG_EXPECTED_SKIPS lists it"
    failed=$((failed + 1))
  done
}

skipped_tests() {
  { grep -o '<test [^>]*result="Skip"[^>]*>' || true; } | sed 's/.* type="\([^"]*\)".*/\1 &/; s/^\([^ ]*\) .* method="\([^"]*\)".*/\1.\2/' | sort -u
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

projects_of() {
  if [ "$1" = kafka ]; then
    grep -l '<NeedsBroker>true</NeedsBroker>' tests/*/*.csproj || true
  else
    grep -l "<TestKind>$1</TestKind>" tests/*/*.csproj || true
  fi
}

needs_broker() { [ "$(property "$1" NeedsBroker)" = true ]; }

property() { sed -n "s/.*<$2>\(.*\)<\/$2>.*/\1/p" "$1"; }

is_xunit() { grep -q '<IsTestProject>true</IsTestProject>' "$1"; }

# run_project PROJECT LOGS: leaves `PASSED FAILED SKIPPED` in the project's folder there.
run_project() {
  local project=$1 name program log began=$SECONDS
  name=$(basename "$project" .csproj)
  log=$2/$name
  program=$(built "$(dirname "$project")")/$name.dll
  echo "== $(property "$project" TestKind): $name"
  if is_xunit "$project"; then
    run_xunit "$name" "$program" "$log"
  else
    run_program "$name" "$program" "$log" "$(property "$project" TestArguments)"
  fi
  echo "   $name: $((SECONDS - began)) s"
}

run_xunit() {
  local name=$1 program=$2 log=$3 status=0 sums p f s
  # The runner prints failures with their messages and skips with their reasons; the rest of what it says is left out.
  limited dotnet "$program" -noLogo -noColor -xml "$log/report.xml" 2>&1 | tee "$log/out" | worth_reading || status=${PIPESTATUS[0]}
  sums=$(grep -o '<assembly [^>]*>' "$log/report.xml" 2>/dev/null || true)
  if [ -z "$sums" ]; then
    tail -n 20 "$log/out"
    tell_failure "$name ended with exit code $status and without a report$(overtime "$status")"
    echo 0 1 0 >"$log/result"
    return
  fi
  p=$(attribute "$sums" passed) s=$(attribute "$sums" skipped)
  f=$(($(attribute "$sums" failed) + $(attribute "$sums" errors)))
  if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
    tell_failure "$name ended with exit code $status though no test of it failed$(overtime "$status")"
    f=1
  elif [ $((p + f + s)) -eq 0 ]; then
    tell_failure "$name holds no test"
    f=1
  fi
  echo "$p $f $s" >"$log/result"
}

run_program() {
  local name=$1 program=$2 log=$3 status=0 sums p=0 f=0 s=0
  # Arguments are plain words, split as a shell would.
  # shellcheck disable=SC2086
  limited dotnet "$program" $4 2>&1 | tee "$log/out" || status=${PIPESTATUS[0]}
  sums=$(tail -n 1 "$log/out" | grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' || true)
  if [ -n "$sums" ]; then
    read -r p _ f _ s _ <<<"$sums"
  elif [ "$status" -eq 0 ]; then
    p=1
  fi
  if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
    tell_failure "$name ended with exit code $status$(overtime "$status")"
    f=1
  fi
  echo "$p $f $s" >"$log/result"
}

tell_failure() { echo "[FAIL] $1"; }

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
