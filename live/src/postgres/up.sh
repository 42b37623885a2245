# PostgreSQL refuses to run as root, so it runs as nobody then. After a crash it is started again, as an init system does it.
data="$LIVE_FOLDER/data"
as() { "$@"; }
mkdir "$data"
chmod 700 "$data"
cp server.key server.pem pg_hba.conf "$data"
chmod 600 "$data/server.key"
if [ "$(id -u)" = 0 ]; then
    chmod 711 "$LIVE_FOLDER"
    chown -R nobody "$data"
    as() { setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups env HOME="$data" "$@"; }
fi
as mkdir "$data/new"
as initdb --pgdata "$data/new" --username postgres --auth trust --no-sync --no-instructions >initdb.log
as sh -c 'cp "$0/pg_hba.conf" "$0/server.key" "$0/server.pem" "$0/new" && chmod 600 "$0/new/server.key"' "$data"
cat postgresql.conf >>"$data/new/postgresql.conf"
echo '{"version":"'"$(postgres --version | sed 's/[^0-9]*\([0-9.]*\).*/\1/')"'"}' >seeded.json
touch up
while [ -e up ]; do
    as postgres -D "$data/new" -p "$LIVE_PORT" -c unix_socket_directories="$data" || sleep 0.1
done
