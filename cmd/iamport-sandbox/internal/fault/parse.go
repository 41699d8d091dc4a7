// Package fault parses and keeps the fault rules of the sandbox.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/clock"
	"github.com/iamport-go/iamport/iamporttest"
)

// Grammar describes a rule for the help text.
const Grammar = `A rule is PATTERN=FAULT, optionally with ;times=N, ;chance=P or ;seed=N at its end.

PATTERN is "METHOD /path" or "/path". A segment {name} matches any segment, and a slash at the end matches all paths
below. An equals sign in a path is written %3D. Of several rules that match a request, the first that acts is used.

FAULT is one of these. Durations are as in 300ms, 3s, 2m or 1d, by the clock of the computer where the server waits, and
by the clock of the sandbox where something happens later.
  decline:REASON            the charge is recorded as failed, with HTTP 200, code 0 and status "failed"
  refuse:MESSAGE            not executed; HTTP 200 with code -1
  refuse-after:MESSAGE      executed; HTTP 200 with code -1
  lose-before               the connection is lost, not executed
  lose-after                executed, then the connection is lost
  lose-then-execute:3s      the connection is lost at once, executed later
  cut:20                    executed; the connection is lost after so many bytes of the answer
  status:503                not executed; an HTML page with this HTTP status
  status-after:502          executed; an HTML page with this HTTP status
  delay:3s                  waits, then executes and answers
  slow:3s                   executes, waits, then answers
  pg:3s                     the PG takes so long to decide, also if the client disconnects
  late:3s                   look-ups show the record of the charge only later
  pending:3s                the record is "ready" and becomes paid later
  pending-failed:3s         the record is "ready" and becomes failed later
  fail-then-pay:3s          the record is failed and becomes paid later, as with Paymentwall

;times=N    acts on the next N matching requests, then never again. Without it the rule has no end.
;chance=P   acts with this probability, such as 0.1 or 10%. Without it the rule always acts.
;seed=N     makes the chance repeatable. The default is 1.`

const longestText = 200

// kinds are the faults by name. text is what comes after the colon, "" if there is none.
var kinds = map[string]func(text string) (iamporttest.Fault, error){
	"decline": withText(iamporttest.Decline),
	"refuse":  withText(iamporttest.DeclineCode), "refuse-after": withText(iamporttest.RefuseAfter),
	"lose-before": alone(iamporttest.LoseBefore), "lose-after": alone(iamporttest.LoseAfter),
	"lose-then-execute": withPeriod(iamporttest.LoseThenExecute),
	"cut":               withNumber(0, 1<<20, iamporttest.CutAfter),
	"status":            withNumber(200, 599, page(iamporttest.Answer)),
	"status-after":      withNumber(200, 599, page(iamporttest.AnswerAfter)),
	"delay":             withPeriod(iamporttest.Delay),
	"slow":              withPeriod(iamporttest.Fault{}.Slow),
	"pg":                withPeriod(iamporttest.Fault{}.PGTime),
	"late":              withPeriod(iamporttest.Fault{}.Late),
	"pending": withPeriod(func(d time.Duration) iamporttest.Fault {
		return iamporttest.Pending(d, true)
	}),
	"pending-failed": withPeriod(func(d time.Duration) iamporttest.Fault {
		return iamporttest.Pending(d, false)
	}),
	"fail-then-pay": withPeriod(func(d time.Duration) iamporttest.Fault {
		return iamporttest.FailThenPay(d, "결제승인에 실패하였습니다.")
	}),
}

func alone(make func() iamporttest.Fault) func(string) (iamporttest.Fault, error) {
	return func(text string) (iamporttest.Fault, error) {
		if text != "" {
			return iamporttest.Fault{}, errors.New("it has no value")
		}
		return make(), nil
	}
}

func withText(make func(string) iamporttest.Fault) func(string) (iamporttest.Fault, error) {
	return func(text string) (iamporttest.Fault, error) {
		if text == "" || len(text) > longestText {
			return iamporttest.Fault{}, fmt.Errorf("it must have a text of at most %d bytes", longestText)
		}
		return make(text), nil
	}
}

func withPeriod(make func(time.Duration) iamporttest.Fault) func(string) (iamporttest.Fault, error) {
	return func(text string) (iamporttest.Fault, error) {
		d, err := clock.ParsePeriod(text)
		if err != nil {
			return iamporttest.Fault{}, err
		}
		return make(d), nil
	}
}

func withNumber(least, most int, make func(int) iamporttest.Fault) func(string) (iamporttest.Fault, error) {
	return func(text string) (iamporttest.Fault, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return iamporttest.Fault{}, fmt.Errorf("it must have a number from %d to %d", least, most)
		}
		return make(n), nil
	}
}

func page(make func(int, string, string) iamporttest.Fault) func(int) iamporttest.Fault {
	return func(status int) iamporttest.Fault {
		return make(status, "text/html", fmt.Sprintf("<html><body>%d %s</body></html>", status, http.StatusText(status)))
	}
}

// parsed is a rule as it is written.
type parsed struct {
	pattern string
	fault   iamporttest.Fault
	times   int // 0: without end
	chance  float64
	seed    uint64
}

func parse(text string) (parsed, error) {
	p := parsed{chance: 1, seed: 1}
	pattern, rest, found := strings.Cut(text, "=")
	if !found {
		return p, errors.New("a rule must be PATTERN=FAULT")
	}
	p.pattern = strings.TrimSpace(pattern)
	parts := strings.Split(rest, ";")
	name, value, _ := strings.Cut(strings.TrimSpace(parts[0]), ":")
	kind, known := kinds[name]
	if !known {
		return p, fmt.Errorf("unknown fault %q", name)
	}
	var err error
	if p.fault, err = kind(strings.TrimSpace(value)); err != nil {
		return p, fmt.Errorf("fault %q: %w", name, err)
	}
	for _, part := range parts[1:] {
		if err := p.option(strings.TrimSpace(part)); err != nil {
			return p, err
		}
	}
	return p, nil
}

// option reads one of the settings at the end of a rule.
func (p *parsed) option(text string) (err error) {
	name, value, _ := strings.Cut(text, "=")
	valid := false
	switch name {
	case "times":
		p.times, err = strconv.Atoi(value)
		valid = p.times > 0
	case "chance":
		number, percent := strings.CutSuffix(value, "%")
		p.chance, err = strconv.ParseFloat(number, 64)
		if percent {
			p.chance /= 100
		}
		valid = p.chance > 0 && p.chance <= 1
	case "seed":
		p.seed, err = strconv.ParseUint(value, 10, 64)
		valid = true
	}
	if err != nil || !valid {
		return fmt.Errorf("%q is none of times=N, chance=P and seed=N", text)
	}
	return nil
}
