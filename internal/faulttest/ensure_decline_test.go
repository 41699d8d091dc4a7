package faulttest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// One process loses the answer of a charge that is executed later. During its
// look-ups another process charges the same order and is declined. The decline is not
// about the first charge.
func TestEnsurePaidBesidesADeclineOfAnother(t *testing.T) {
	t.Parallel()
	for _, w := range []wiring{{}, {unmarked: true}} {
		t.Run(w.name(), func(t *testing.T) {
			t.Parallel()
			besidesADecline(t, w)
		})
	}
}

// besidesADecline gives each of the two processes its own journal, so that one does
// not wait for the other. Then the order may be charged twice, but the results must
// be true.
func besidesADecline(t *testing.T, w wiring) {
	t.Helper()
	options := []iamport.Option{iamport.WithTimeout(patient), iamport.WithSettleWindow(3 * time.Second)}
	a := newWorld(t, w, options...)
	other, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, append(options, iamport.WithBaseURL(a.base),
		iamport.WithHTTPClient(&http.Client{Transport: a.transport(t, "")}))...)
	require.NoError(t, err)
	a.signIn(t)
	_, err = other.Token(t.Context())
	require.NoError(t, err)

	first := make(map[string]chan struct{}, perRow)
	for _, id := range orderIDs() {
		first[id] = make(chan struct{})
	}
	a.srv.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		var order struct {
			MerchantUID string `json:"merchant_uid"`
		}
		if !isCharge(r) || json.NewDecoder(r.Body).Decode(&order) != nil {
			return nil
		}
		if closed(first[order.MerchantUID]) {
			return new(iamporttest.Decline("[2116] limit"))
		}
		close(first[order.MerchantUID])
		return new(iamporttest.LoseThenExecute(time.Hour))
	})

	request := func(id string) iamport.AgainRequest {
		return iamport.AgainRequest{MerchantUID: id, Amount: again.amount, CustomerUID: customer, Name: "ensure"}
	}
	var mu sync.Mutex
	results := map[string]told{}
	pool(orderIDs(), 100, func(id string) {
		var both sync.WaitGroup
		both.Go(func() {
			p, err := a.client.EnsurePaid(t.Context(), request(id))
			mu.Lock()
			defer mu.Unlock()
			results[id] = told{outcome: said(id, again.amount, p, err), err: err}
		})
		both.Go(func() {
			<-first[id]
			_, _ = other.EnsurePaid(t.Context(), request(id))
		})
		both.Wait()
	})
	a.srv.InjectFunc(nil)
	a.srv.SetClockOffset(24 * time.Hour)

	r := &row{fault: "lost, and another process declined", proto: w.name(), call: "EnsurePaid", charges: perRow}
	for id, got := range results {
		charges := a.srv.Charges(id)
		r.add(got.outcome)
		r.executed += charges
		if charges != 1 || got.outcome != unknown {
			r.blame("%s: %d charges, but: %v", id, charges, got.err)
		}
	}
	var table report
	table.add(r)
	_, _ = fmt.Fprint(t.Output(), "\n", table.String())
	require.Zero(t, r.wrong, strings.Join(r.why, "\n"))
}
