package faulttest_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/iamport-go/iamport/iamporttest"
)

const gatewayPage = "<html><head><title>%[1]d</title></head><body><center><h1>%[1]d Gateway</h1></center></body></html>"

var bothVersions = []string{"", "h2"}

// faults is every row of the matrix, each for all three charges.
func faults() []fault {
	return slices.Concat(
		answered(), lost(), cut(), slow(), gateways(), unreachable(), marked(), late(), closing(), awayRows(), hotRows(),
	)
}

func toxic(kind, stream, attributes string) string {
	return fmt.Sprintf(`{"type":%q,"stream":%q,"attributes":{%s}}`, kind, stream, attributes)
}

// answered are rows in which the answer arrives.
func answered() []fault {
	return []fault{
		{name: "none", protos: []string{"", "h1+tls", "h2"}, executed: paid, all: true},
		{name: "latency both ways", protos: bothVersions, executed: paid, all: true, wiring: wiring{toxics: []string{
			toxic("latency", "upstream", `"latency":20,"jitter":15`),
			toxic("latency", "downstream", `"latency":20,"jitter":15`),
		}}},
		{name: "declined", inject: new(iamporttest.Decline("[2116] limit")), idle: notCharged, none: true},
		{name: "declined with a message", inject: new(iamporttest.DeclineCode("[F113] unknown card")), idle: notCharged, none: true},
	}
}

// lost are rows in which the connection is lost before, during or after the charge.
func lost() []fault {
	return []fault{
		{name: "reset before execution", protos: bothVersions, inject: new(iamporttest.LoseBefore()),
			window: brief, idle: unknown, none: true},
		{name: "reset before execution, window 0", inject: new(iamporttest.LoseBefore()),
			noWindow: true, idle: unknown, none: true},
		{name: "reset_peer upstream", wiring: wiring{toxics: []string{toxic("reset_peer", "upstream", `"timeout":0`)}},
			window: brief, idle: unknown, none: true},
		{name: "reset after execution", protos: []string{"", "h1+tls", "h2"}, inject: new(iamporttest.LoseAfter()),
			executed: paid, all: true},
		{name: "reset after execution, window 0", protos: bothVersions, inject: new(iamporttest.LoseAfter()),
			noWindow: true, executed: unknown, all: true},
		{name: "reset_peer downstream", wiring: wiring{toxics: []string{toxic("reset_peer", "downstream", `"timeout":0`)}},
			executed: paid, all: true},
	}
}

// cut are rows in which a part of the answer arrives.
func cut() []fault {
	var rows []fault
	for _, n := range []int{0, 60, 600} {
		protos := []string{""}
		if n == 60 {
			protos = bothVersions
		}
		rows = append(rows,
			fault{name: fmt.Sprintf("body cut at %d bytes", n), protos: protos,
				inject: new(iamporttest.CutAfter(n)), executed: paid, all: true},
			fault{name: fmt.Sprintf("limit_data downstream %d bytes", n), executed: paid, all: true,
				wiring: wiring{toxics: []string{toxic("limit_data", "downstream", fmt.Sprintf(`"bytes":%d`, n))}}},
		)
	}
	return append(rows,
		fault{name: "body cut at 60 bytes, window 0", inject: new(iamporttest.CutAfter(60)),
			noWindow: true, executed: unknown, all: true},
		// Below TLS a byte limit falls anywhere: into a handshake or an answer.
		fault{name: "connections die after 9000 bytes", protos: []string{"h1+tls", "h2"}, window: 3 * time.Second,
			wiring:   wiring{toxics: []string{toxic("limit_data", "downstream", `"bytes":9000`)}},
			executed: paid | unknown, idle: notCharged | unknown},
	)
}

// slow are rows with a slow answer, within the time-out or not.
func slow() []fault {
	// Enough for the look-ups of all workers at once on a busy machine: they are
	// bound by it too.
	const short = 2 * time.Second
	rows := []fault{
		{name: "timeout upstream: never arrives", timeout: short, window: brief, idle: unknown | notCharged, none: true,
			wiring: wiring{toxics: []string{toxic("timeout", "upstream", `"timeout":0`)}}},
		{name: "timeout downstream: never answers", timeout: short, executed: paid, idle: unknown | notCharged,
			wiring: wiring{toxics: []string{toxic("timeout", "downstream", `"timeout":0`)}}},
		{name: "timeout downstream, window 0", timeout: short, noWindow: true, executed: unknown, idle: unknown | notCharged,
			wiring: wiring{toxics: []string{toxic("timeout", "downstream", `"timeout":0`)}}},
		{name: "server answers after the time-out", protos: bothVersions, timeout: short,
			inject: new(iamporttest.Fault{}.Slow(time.Minute)), executed: paid, idle: unknown | notCharged},
		{name: "server does nothing until the time-out", protos: bothVersions, timeout: short, window: brief,
			inject: new(iamporttest.Delay(time.Minute)), idle: unknown | notCharged, none: true},
		{name: "slicer, within the time-out", protos: bothVersions, executed: paid, all: true,
			wiring: wiring{toxics: []string{toxic("slicer", "downstream", `"average_size":128,"size_variation":64,"delay":2000`)}}},
		{name: "slicer, over the time-out", timeout: short, executed: paid, idle: unknown | notCharged,
			wiring: wiring{toxics: []string{toxic("slicer", "downstream", `"average_size":8,"size_variation":4,"delay":200000`)}}},
		{name: "bandwidth, within the time-out", executed: paid, all: true,
			wiring: wiring{toxics: []string{toxic("bandwidth", "downstream", `"rate":20`)}}},
		{name: "bandwidth, over the time-out", timeout: time.Second, executed: paid, idle: unknown | notCharged,
			wiring: wiring{toxics: []string{toxic("bandwidth", "downstream", `"rate":1`)}}},
	}
	for i := range rows {
		rows[i].workers = 50
	}
	return rows
}

// gateways are rows in which a gateway's HTML page replaces the answer.
func gateways() []fault {
	var rows []fault
	for _, status := range []int{502, 504} {
		page := fmt.Sprintf(gatewayPage, status)
		protos := bothVersions
		if status == 504 {
			protos = nil
		}
		rows = append(rows,
			fault{name: fmt.Sprintf("%d with HTML, not executed", status), protos: protos, window: brief,
				inject: new(iamporttest.Answer(status, "text/html", page)), idle: unknown, none: true},
			fault{name: fmt.Sprintf("%d with HTML, executed", status), protos: protos,
				inject: new(iamporttest.AnswerAfter(status, "text/html", page)), executed: paid, all: true},
		)
	}
	return append(rows,
		fault{name: "502 with HTML, executed, window 0", noWindow: true, executed: unknown, all: true,
			inject: new(iamporttest.AnswerAfter(502, "text/html", fmt.Sprintf(gatewayPage, 502)))},
		fault{name: "200 with HTML, executed", executed: paid, all: true,
			inject: new(iamporttest.AnswerAfter(200, "text/html", "<html></html>"))},
		fault{name: "307 to elsewhere, executed", executed: paid, all: true,
			inject: new(iamporttest.AnswerAfter(307, "", "").Header("Location", "/subscribe/payments/again"))},
	)
}

// unreachable are rows without a connection: the result is certain without a look-up,
// except with an untrusted transport.
func unreachable() []fault {
	tlsOnly := []string{"h1+tls", "h2"}
	return []fault{
		{name: "connections refused", protos: bothVersions, wiring: wiring{direct: true}, drive: stopCharges,
			idle: notCharged, none: true},
		{name: "connections refused, wrapped transport", wiring: wiring{toxics: []string{}}, drive: stopCharges,
			window: brief, idle: unknown, none: true},
		{name: "untrusted certificate", protos: tlsOnly, wiring: wiring{direct: true, untrusted: true}, idle: notCharged, none: true},
		{name: "handshake dies", protos: tlsOnly, idle: notCharged, none: true,
			wiring: wiring{direct: true, toxics: []string{toxic("limit_data", "downstream", `"bytes":100`)}}},
		{name: "handshake never ends", protos: tlsOnly, timeout: time.Second, idle: notCharged, none: true,
			wiring: wiring{direct: true, toxics: []string{toxic("timeout", "downstream", `"timeout":0`)}}},
	}
}

// marked are rows in which only the mark of a record shows which call made it.
// Retries send no mark.
func marked() []fault {
	const short = 2 * time.Second
	declined := new(iamporttest.Decline("[2116] limit").Slow(time.Minute))
	refused := new(iamporttest.RefuseAfter("error"))
	return []fault{
		{name: "declined, answer lost", calls: marking, timeout: short, workers: 100, inject: declined,
			idle: notCharged, unmarkedIdle: unknown, none: true},
		{name: "declined, answer lost", calls: []charge{retry}, timeout: short, window: brief, workers: 100, inject: declined,
			idle: unknown, none: true},
		{name: "refused with a message, executed", calls: marking, inject: refused,
			executed: paid, unmarkedExecuted: alreadyPaid, all: true},
		{name: "refused with a message, executed", calls: []charge{retry}, inject: refused, executed: alreadyPaid, all: true},
	}
}

// late are rows in which the charge is executed after its connection was lost.
func late() []fault {
	return []fault{
		{name: "lost, executed late, found", protos: bothVersions, workers: 100,
			inject:   new(iamporttest.LoseThenExecute(time.Second)),
			executed: paid, all: true},
		{name: "lost, executed after the window", inject: new(iamporttest.LoseThenExecute(time.Minute)),
			window: brief, executed: unknown, all: true},
		{name: "lost, executed late, window 0", inject: new(iamporttest.LoseThenExecute(time.Minute)),
			noWindow: true, executed: unknown, all: true},
	}
}
