#!/bin/sh
# Entry point of the image: turns mounted secret files into the variables that Odoo and the gateway read, then becomes the command.
#   PGPASSWORD_FILE     password of the database user
#   MES_BROKER          host:port of the broker; with MES_BROKER_PASSWORD_FILE it becomes MES_BROKER_URL (letters, digits, - and _ only)
set -eu
if [ -n "${PGPASSWORD_FILE:-}" ]; then
  PGPASSWORD=$(cat "$PGPASSWORD_FILE")
  export PGPASSWORD
fi
if [ -n "${MES_BROKER_PASSWORD_FILE:-}" ]; then
  MES_BROKER_URL="mqtt://odoo-gateway:$(cat "$MES_BROKER_PASSWORD_FILE")@${MES_BROKER:?host:port of the broker}"
  export MES_BROKER_URL
fi
exec "$@"
