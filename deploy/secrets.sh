#!/bin/sh
# Makes the secrets of docker-compose.yml that are not there yet, each in a file of its own; asks for Claude's key.
set -eu
cd "$(dirname "$0")"

# The folder keeps others out; the files can be read by whoever runs in the containers they are given to.
mkdir -p -m 0700 secrets
chmod 0700 secrets
umask 022

make() {
    if [ ! -s "secrets/$1" ]; then
        printf '%s' "$2" >"secrets/$1.new"
        mv "secrets/$1.new" "secrets/$1"
        echo "made deploy/secrets/$1"
    fi
}

random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

if [ ! -s secrets/anthropic-api-key ]; then
    key=${ANTHROPIC_API_KEY:-}
    if [ -z "$key" ]; then
        printf 'The Anthropic API key: ' >&2
        read -r key
    fi
    make anthropic-api-key "$key"
fi
make secret-key "$(random)"
make metrics-token "$(random)"
make database-password "$(random)"
make database-url "postgres://chat:$(cat secrets/database-password)@database:5432/chat"
