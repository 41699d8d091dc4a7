#!/bin/sh
# The four calls of iamport's billing guide for Payjoa (DaouData), value for value. Only the host differs.
# Usage: guide.sh http://127.0.0.1:8787 onetime|key|key-and-payment|again
set -eu

case "$2" in
onetime)
	curl -s -H "Content-Type: application/json" \
	     -X POST -d '{"merchant_uid":"order_id_8237352", "card_number":"1234-1234-1234-1234", "expiry":"2019-01", "birth":"123456", "amount":3000}' \
	     "$1/subscribe/payments/onetime"
	;;
key)
	curl -s -H "Content-Type: application/json" \
	     -X POST -d '{"card_number":"1234-1234-1234-1234", "expiry":"2025-12", "birth":"820213", "pwd_2digit":"00"}' \
	     "$1/subscribe/customers/your-customer-unique-id"
	;;
key-and-payment)
	curl -s -H "Content-Type: application/json" \
	     -X POST -d '{"customer_uid":"your-customer-unique-id", "merchant_uid":"order_id_8237352", "card_number":"1234-1234-1234-1234", "expiry":"2019-01", "birth":"123456", "amount":3000, "pwd_2digit":"00"}' \
	     "$1/subscribe/payments/onetime"
	;;
again)
	curl -s -H "Content-Type: application/json" \
	     -X POST -d '{"customer_uid":"your-customer-unique-id", "merchant_uid":"order_id_8237352", "amount":3000}' \
	     "$1/subscribe/payments/again"
	;;
*)
	echo "unknown call: $2" >&2
	exit 2
	;;
esac
