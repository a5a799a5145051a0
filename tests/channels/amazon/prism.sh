#!/usr/bin/env bash
# Prism, a validating proxy of another maker, between our connector and our sandbox, with Amazon's published models as the judge.
# Needs Node and the network, so it is run by hand: tests/channels/amazon/prism.sh
# What does not fit a model ends as an error of the connector, with Prism's finding in it.
set -euo pipefail
cd "$(dirname "$0")/../../.."
here=$(mktemp -d)
started=()
stop() {
  for one in "${started[@]}"; do kill "$one" 2>/dev/null || true; done
  rm -rf "$here"
}
trap stop EXIT

npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$here" @stoplight/prism-cli@5.14.2
mkfifo "$here/address"
python -m tests.channels.amazon.prism serve >"$here/address" &
started+=($!)
read -r sandbox <"$here/address"

port=4510
for model in orders_2026-01-01 listingsItems_2021-08-01; do
  "$here/node_modules/.bin/prism" proxy --errors -h 127.0.0.1 -p $port "tests/fixtures/amazon/$model.json" "$sandbox" >"$here/$model.log" &
  started+=($!)
  port=$((port + 1))
done
python -m tests.channels.amazon.prism read "$sandbox" http://127.0.0.1:4510 http://127.0.0.1:4511
