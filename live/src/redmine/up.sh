export RAILS_ENV=production BUNDLE_GEMFILE="$LIVE_FOLDER/Gemfile"
# An instance of its own, so that nothing of /etc or /var is read or changed. Its folder stands below that of the
# installed ones; more steps up than there are end at the root.
export REDMINE_INSTANCE="../../../../../../../..$LIVE_FOLDER"
mkdir config files log tmp
cat >config/database.yml <<YAML
production:
  adapter: sqlite3
  database: $LIVE_FOLDER/redmine.db
  pool: 32
YAML
head -c 64 /dev/urandom | od -An -tx1 | tr -d ' \n' >config/secret_key.txt
if [ -f template.db ]; then cp template.db redmine.db; fi
ruby serve.rb
