# Makes a PostgreSQL cluster in a temporary folder, says where, and waits until nobody reads or writes
# any more: then it stops the cluster and takes the folder away, however its owner ended.
# $1: folder of the programs; $2: on or off, whether commits wait for the disk.
set -eu
bin=$1
folder=$(mktemp -d "${TMPDIR:-/tmp}/gridwalk-postgres.XXXXXX")
server=
end() {
    trap - EXIT
    if [ -n "$server" ]; then
        kill -INT "$server" 2>/dev/null || true
        wait "$server" || true
    fi
    rm -rf "$folder"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$folder"
"${bin}initdb" --pgdata=data --no-sync --auth=trust --username=postgres --locale=C --encoding=UTF8 \
    >log 2>&1 || { cat log >&2; exit 1; }
"${bin}postgres" -D data -k "$folder" -c listen_addresses= -c fsync="$2" -c max_connections=200 \
    -c shared_buffers=128MB >>log 2>&1 &
server=$!
until "${bin}pg_isready" --quiet --host="$folder"; do
    kill -0 "$server" 2>/dev/null || { cat log >&2; exit 1; }
    sleep 0.05
done
echo "$folder"
read -r _ || true
