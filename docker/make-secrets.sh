#!/bin/sh
# Makes the secrets of the stack at random, once: one that is there already stays as it is.
#   sh docker/make-secrets.sh [FOLDER]
# The folder is closed to everybody but you. The files in it can be read, because each container
# that is given one runs as a user of its own.
set -eu
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder"
umask 022

random() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
# Under its own name only once it is whole, so that an interrupted run leaves no half secret.
keep() {
  [ -s "$folder/$1" ] && return
  printf '%s\n' "$2" >"$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
  echo "made $folder/$1"
}
said() { cat "$folder/$1"; }

for name in operations_token leyden_secret redis_password postgres_password mariadb_password \
  mariadb_root_password neo4j_password grafana_password; do
  keep "$name" "$(random)"
done
# The same passwords in the words that other programs read.
keep redis_auth.conf "requirepass $(said redis_password)"
keep pgbouncer_userlist "\"leyden\" \"$(said postgres_password)\""
keep neo4j_auth "neo4j/$(said neo4j_password)"
keep pg_dsn "postgresql://leyden:$(said postgres_password)@pgbouncer:6432/leyden"
keep mysql_dsn "mysql://leyden:$(said mariadb_password)@mariadb:3306/leyden"
