# shellcheck shell=bash
# The Debian 12 packages that Heddle needs, and the one function that installs what is missing.
# Sourced by quickstart and tests/run; nothing else knows package names.

build_packages=(
    g++ cmake ninja-build ccache lld
    libboost1.81-dev nlohmann-json3-dev libprotobuf-dev protobuf-compiler libsqlite3-dev
    libspdlog-dev libfmt-dev libssl-dev libcli11-dev libtomlplusplus-dev libpugixml-dev libxxhash-dev
    zlib1g-dev libcurl4-openssl-dev libbz2-dev libzstd-dev liblz4-dev libre2-dev
    nodejs npm ca-certificates
)
test_packages=(
    libgtest-dev git curl python3 procps systemd clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 chromium
)

# install_packages NAME...: installs those that are missing, and says which. Needs root only then.
install_packages() {
    local missing=() name
    for name in "$@"; do
        # A nodejs from elsewhere brings its own npm; any node and npm on the path will do.
        if [ "$name" = nodejs ] && command -v node >/dev/null; then continue; fi
        if [ "$name" = npm ] && command -v npm >/dev/null; then continue; fi
        if ! dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed'; then
            missing+=("$name")
        fi
    done
    [ "${#missing[@]}" -eq 0 ] && return 0
    echo "Installing Debian packages: ${missing[*]}" >&2
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "error: these packages are missing and this is not root: ${missing[*]}" >&2
            echo "       run as root: apt-get install ${missing[*]}" >&2
            return 1
        fi
        sudo apt-get update -qq && sudo apt-get install -y --no-install-recommends "${missing[@]}"
        return
    fi
    apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2
}
