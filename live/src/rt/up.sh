export RT_SITE_CONFIG="$LIVE_FOLDER/site_config.pm" RT_SITE_CONFIG_DIR=/dev/null
mkdir mason sessions
echo 'cat >/dev/null' >mail.sh
if [ -f template.db ]; then
    cp template.db rt.db
else
    rt-setup-database-5 --action init --skip-create
    cp rt.db template.db
fi
perl seed.pl
/usr/share/request-tracker5/libexec/rt-server --host 127.0.0.1 --port "$LIVE_PORT" --max-workers 4
