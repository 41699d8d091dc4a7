package page

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/fault"
)

// common are rules to choose from. Their texts have the keys "rule.0" and so on.
var common = []string{
	"POST /subscribe/payments/=decline:[2116]개인 월 한도금액 초과;times=1",
	"POST /subscribe/payments/=refuse:결제승인에 실패하였습니다.;times=1",
	"POST /subscribe/payments/=lose-before;times=1",
	"POST /subscribe/payments/=lose-after;times=1",
	"POST /subscribe/payments/=lose-then-execute:3s;times=1",
	"POST /subscribe/payments/=status:503;times=1",
	"POST /subscribe/payments/=status-after:502;times=1",
	"POST /subscribe/payments/=slow:10s;times=1",
	"POST /subscribe/payments/=late:10s;times=1",
	"POST /subscribe/payments/=pending:1h;times=1",
	"POST /subscribe/payments/=fail-then-pay:1h;times=1",
	"POST /payments/cancel=lose-after;times=1",
	"/=status:503;chance=10%",
}

// kinds are the faults of the grammar. The text of each has the key "fault." with its name.
var kinds = []string{"decline:REASON", "refuse:MESSAGE", "refuse-after:MESSAGE", "lose-before", "lose-after",
	"lose-then-execute:3s", "cut:20", "status:503", "status-after:502", "delay:3s", "slow:3s", "pg:3s", "late:3s",
	"pending:3s", "pending-failed:3s", "fail-then-pay:3s"}

// named is a text of a form with its key in the texts.
type named struct{ Text, Key string }

// faults lists the fault rules.
func (p *Page) faults(v *view, _ *http.Request) (screen, error) {
	data := struct {
		*view
		Rules         []fault.Rule
		Common, Kinds []named
	}{view: v, Rules: p.box.Faults.List()}
	for i, text := range common {
		data.Common = append(data.Common, named{text, "rule." + strconv.Itoa(i)})
	}
	for _, text := range kinds {
		name, _, _ := strings.Cut(text, ":")
		data.Kinds = append(data.Kinds, named{text, "fault." + name})
	}
	return screen{"faults", data}, nil
}

// changeFaults adds a rule, or removes one if action is remove.
func (p *Page) changeFaults(r *http.Request) (string, error) {
	if r.PostFormValue("action") == "remove" {
		id, err := strconv.ParseInt(r.PostFormValue("id"), 10, 64)
		if err != nil || !p.box.Faults.Remove(id) {
			return "", errNotFound
		}
		return "removed", nil
	}
	if _, err := p.box.Faults.Add(strings.TrimSpace(r.PostFormValue("rule"))); err != nil {
		return "", problem{err}
	}
	return "added", nil
}
