#!/bin/sh
# Makes a certificate that has expired, and the authority that signed it. Nothing real trusts them.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 \
  -subj '/CN=Authority of the past' -keyout "$work/key.pem" -out authority.pem 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
  -subj '/CN=Expired' -keyout expired-key.pem -out "$work/csr.pem" 2>/dev/null
touch "$work/index.txt"
printf '01\n' > "$work/serial"
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index.txt\nserial=%s/serial\nnew_certs_dir=%s\n' \
  "$work" "$work" "$work" > "$work/ca.cnf"
printf 'default_md=sha256\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n' >> "$work/ca.cnf"
printf '[e]\nsubjectAltName=IP:127.0.0.1\n' >> "$work/ca.cnf"
openssl ca -batch -notext -config "$work/ca.cnf" -cert authority.pem -keyfile "$work/key.pem" \
  -in "$work/csr.pem" -startdate 20200101000000Z -enddate 20210101000000Z -out expired.pem 2>/dev/null
rm -r "$work"
