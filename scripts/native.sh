# The native Kafka client. NuGet's librdkafka.redist is the ordinary way. Where that version cannot be restored (a mirror
# without it, a platform it has no build for), the same version is built from source, once a machine, and
# artifacts/native.props tells the build where it lies (see Directory.Build.props).
# shellcheck shell=bash

# The Node client is published with librdkafka's sources inside, so npm's registry has them under a checksum. Which
# version they are is read from the package and held against the one that is wanted: it is not written here again.
readonly sources_package=@confluentinc/kafka-javascript@1.10.1
readonly sources_sha256=ada7d703bb1d3237e2292bfabf438d663b6160c9f1ac2a2406b5dc4257c81b66

# The managed client asks for the native one of its own version.
librdkafka_version() {
  sed -n 's/.*Include="Confluent\.Kafka" Version="\([^"]*\)".*/\1/p' "$root/Directory.Packages.props"
}

librdkafka_package_dir() { printf '%s/librdkafka.redist/%s' "${NUGET_PACKAGES:-$HOME/.nuget/packages}" "$1"; }

librdkafka_cache() { printf '%s/streamagg/librdkafka-%s/librdkafka.so' "${XDG_CACHE_HOME:-$HOME/.cache}" "$1"; }

librdkafka_origin() {
  if [ -e "$root/artifacts/native.props" ]; then
    sed -n 's/.*<LibrdkafkaPath>\(.*\)<\/LibrdkafkaPath>.*/\1/p' "$root/artifacts/native.props"
  else
    printf 'NuGet'
  fi
}

require_librdkafka() {
  local version built
  version=$(librdkafka_version)
  [ -n "$version" ] || fail "Directory.Packages.props names no version of Confluent.Kafka"
  built=$(librdkafka_cache "$version")
  if [ -d "$(librdkafka_package_dir "$version")/runtimes" ]; then
    rm -f "$root/artifacts/native.props"
  elif loads "$built"; then
    point_to "$built"
  elif package_restores "$version"; then
    rm -f "$root/artifacts/native.props"
  else
    build_librdkafka "$version" "$built"
    point_to "$built"
  fi
}

# Whether a library that was built before is still good: what it links to may have gone with an upgrade of the system.
loads() { [ -e "$1" ] && ! ldd "$1" 2>&1 | grep -qE 'not found|not a dynamic'; }

# point_to LIBRARY: written only where it changes, since every project is built again after it.
point_to() {
  local props="<Project><PropertyGroup><LibrdkafkaPath>$1</LibrdkafkaPath></PropertyGroup></Project>" file=$root/artifacts/native.props
  if [ -e "$file" ] && [ "$(cat "$file")" = "$props" ]; then return; fi
  mkdir -p "$root/artifacts"
  printf '%s\n' "$props" >"$file.$$"
  mv "$file.$$" "$file"
}

# Restores a project that asks for nothing but that package, in exactly that version: NuGet would otherwise take the
# next higher one without asking, and the two halves of the client would be of different releases.
package_restores() {
  local version=$1 dir status=0
  dir=$(mktemp -d)
  cat >"$dir/probe.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="librdkafka.redist" Version="[$version]" /></ItemGroup>
</Project>
XML
  dotnet restore "$dir/probe.csproj" -v q --nologo >/dev/null 2>&1 || status=$?
  rm -rf "$dir"
  return "$status"
}

# build_librdkafka VERSION LIBRARY: beside its final place and moved there when whole; who comes second waits and finds it.
build_librdkafka() {
  local version=$1 library=$2 place
  [ "$(uname -s)" = Linux ] || fail "NuGet has no librdkafka.redist $version that can be restored here, and a build from source is known to work on Linux alone"
  require_build_packages
  place=$(dirname "$library")
  mkdir -p "$place"
  (
    if command -v flock >/dev/null; then flock 9; fi
    ! loads "$library" || exit 0
    say "building librdkafka $version from source (about a minute, once a machine): NuGet's librdkafka.redist $version cannot be restored here"
    work=$(mktemp -d "$place/build.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    unpack_sources "$work" "$version"
    cd "$work/package/deps/librdkafka"
    # A release build without debug symbols; -march stays the platform's own, since the cache may outlive the processor.
    { ./configure --disable-debug-symbols && make -j"$(nproc)" -C src librdkafka.so.1; } >"$work/log" 2>&1 </dev/null || {
      tail -n 20 "$work/log" >&2
      fail "librdkafka $version could not be built: its last lines stand above"
    }
    mv src/librdkafka.so.1 "$library"
  ) 9>"$place/lock" || exit $?
}

# unpack_sources DIR VERSION: fetched by npm from the registry it is set to, and held against the recorded checksum.
unpack_sources() {
  local dir=$1 version=$2 found
  (cd "$dir" && npm pack --silent "$sources_package" >/dev/null) || fail "npm could not fetch $sources_package, which holds librdkafka's sources"
  echo "$sources_sha256  $(echo "$dir"/*.tgz)" | sha256sum -c --quiet - >&2 || fail "$sources_package is not the package whose checksum scripts/native.sh records"
  tar -xzf "$dir"/*.tgz -C "$dir"
  found=$(sed -n 's/^ *"librdkafka": "\([^"]*\)".*/\1/p' "$dir/package/package.json")
  [ "$found" = "$version" ] || fail "Directory.Packages.props asks for librdkafka $version and $sources_package holds $found: record the package that holds $version in scripts/native.sh"
}

# What is missing of what the build needs, by looking for the things themselves: a machine may have them from elsewhere.
require_build_packages() {
  local missing=() pair
  # The C++ compiler is asked for by configure, whether or not anything of C++ is built.
  for pair in gcc:gcc c++:g++ make:make npm:npm; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
  done
  for pair in stdlib.h:libc6-dev openssl/ssl.h:libssl-dev zlib.h:zlib1g-dev zstd.h:libzstd-dev sasl/sasl.h:libsasl2-dev curl/curl.h:libcurl4-openssl-dev; do
    has_header "${pair%%:*}" || missing+=("${pair##*:}")
  done
  [ ${#missing[@]} -eq 0 ] || install_packages "librdkafka is built from source, since NuGet's package of it cannot be restored here" "${missing[@]}"
}

has_header() {
  if command -v gcc >/dev/null; then
    echo "#include <$1>" | gcc -E -x c - >/dev/null 2>&1
  else
    [ -n "$(find /usr/include -path "*/$1" -print -quit 2>/dev/null)" ]
  fi
}
