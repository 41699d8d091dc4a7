package page

import (
	"net/http"

	"github.com/iamport-go/iamport/iamporttest"
)

const newestPayments = 8

// overview shows the totals, the chart and the newest payments.
func (p *Page) overview(v *view, r *http.Request) (screen, error) {
	state := p.box.Server.Snapshot(maxLoaded)
	planned := 0
	for _, s := range state.Schedules {
		if s.Status == "scheduled" {
			planned++
		}
	}
	newest := state.Payments[:min(len(state.Payments), newestPayments)]
	return screen{"overview", struct {
		*view
		State    iamporttest.Snapshot
		Planned  int
		Faults   int
		Chart    chart
		Payments paymentTable
		Loaded   int
		Address  string
	}{v, state, planned, len(p.box.Faults.List()), newChart(v, state.Payments), paymentTable{v, newest, "payments.newest"},
		len(state.Payments), "http://" + r.Host}}, nil
}
