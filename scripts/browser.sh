#!/usr/bin/env bash
# A browser and a Chinese font for the browser tests, pdfinfo for those of letters: Debian's, installed when root and missing.
set -euo pipefail
packages=()
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then found=1; fi
done
[ -n "${found:-}" ] || packages+=(chromium)
if ! command -v fc-list >/dev/null || [ -z "$(fc-list ':lang=zh')" ]; then packages+=(fonts-noto-cjk fontconfig); fi
command -v pdfinfo >/dev/null || packages+=(poppler-utils)
[ ${#packages[@]} -gt 0 ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${packages[*]} …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends "${packages[@]}" >/dev/null
else
    echo "Tests need: ${packages[*]}. Install them to run those tests; without a browser its tests are skipped." >&2
fi
