package main

import (
	"fmt"
	"io"
	"net"
	"time"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/sandbox"
	"github.com/iamport-go/iamport/iamporttest"
)

// startText has the address, the key, the secret, the place of the state and the clock. Its commands are for a shell.
const startText = `iamport sandbox: no network, no money. Its address is also a web page.

Address  http://%[1]s
Key      %[2]s
Secret   %[3]s
State    %[4]s
Clock    %[5]s

Get a token:
  TOKEN=$(curl -s -H 'Content-Type: application/json' -d '{"imp_key":"%[2]s","imp_secret":"%[3]s"}' http://%[1]s/users/getToken | grep -o '[0-9a-f]\{40\}')
Charge the card of the guides:
  curl -H 'Content-Type: application/json' -H "Authorization: $TOKEN" -d '{"merchant_uid":"order_'$(date +%%s)'","card_number":"1234-1234-1234-1234","expiry":"2030-12","birth":"820213","amount":3000}' http://%[1]s/subscribe/payments/onetime

Ctrl-C ends the sandbox. All flags: -h
`

func writeStart(w io.Writer, box *sandbox.Sandbox, s settings, address net.Addr) {
	place := "in memory"
	if s.File != "" {
		place = s.File
	}
	speed := ""
	if n := box.Clock.Speed(); n != 1 {
		speed = fmt.Sprintf(", %gx as fast", n)
	}
	state := box.Server.Snapshot(0)
	place += fmt.Sprintf(" (%d payments, %d customers, %d schedules)", state.TotalPayments, state.TotalCustomers, state.TotalSchedules)
	_, _ = fmt.Fprintf(w, startText, address, iamporttest.Key, iamporttest.Secret, place,
		box.Clock.Now().UTC().Format(time.RFC3339)+speed)
}
