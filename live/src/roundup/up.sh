password=$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')
# The lowest cost: every request pays for a hash.
settings="mail_domain=example.com,mail_host=127.0.0.1,mail_debug=$LIVE_FOLDER/mail.log,password_pbkdf2_default_rounds=1000"
web="http://127.0.0.1:$LIVE_PORT"
roundup-admin -i "$LIVE_FOLDER/open" install classic sqlite "tracker_web=$web/open/,$settings"
roundup-admin -i "$LIVE_FOLDER/open" initialise "$password"
cp -r open limited
cp interfaces.py open
sed -i -e 's|^web = .*|web = '"$web"'/limited/|' \
    -e 's/^api_calls_per_interval = .*/api_calls_per_interval = 40/' \
    -e 's/^api_interval_in_sec = .*/api_interval_in_sec = 4/' limited/config.ini
version=$(roundup-server --version | cut -d ' ' -f 1)
token=$(printf %s "admin:$password" | base64 -w 0)
cat >seeded.new <<JSON
{"version": "$version", "admin": {"name": "admin", "password": "$password", "token": "$token"}}
JSON
mv seeded.new seeded.json
# It refuses to run as root unless it is told to. With threads it now and then failed at a delete, and with processes each
# request takes three times as long; with neither, a connection that is kept would keep others out.
roundup-server -n 127.0.0.1 -p "$LIVE_PORT" -t none -V HTTP/1.0 -u "$(id -un)" \
    open="$LIVE_FOLDER/open" limited="$LIVE_FOLDER/limited"
