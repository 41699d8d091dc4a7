package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

const again = "POST /subscribe/payments/again"

// stage is a server with a card for each of several orders, and a results file.
type stage struct {
	srv    *iamporttest.Server
	client *iamport.Client
	path   string
	orders []order
}

func newStage(t *testing.T, n int) *stage {
	t.Helper()
	s := &stage{srv: iamporttest.NewServer(), path: filepath.Join(t.TempDir(), "results.csv")}
	s.client = clientOf(t, s.srv)
	for i := range n {
		o := order{customerUID: fmt.Sprintf("customer_%d", i), merchantUID: fmt.Sprintf("order_%d", i), amount: iamport.KRW(3000)}
		_, err := s.client.RegisterCustomer(t.Context(), o.customerUID, iamport.RegisterCustomerRequest{
			Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213"},
		})
		require.NoError(t, err)
		s.orders = append(s.orders, o)
	}
	return s
}

// run is one run of the program, from its reading the results on.
func (s *stage) run(ctx context.Context, t *testing.T, grace time.Duration, opts ...iamport.Option) error {
	t.Helper()
	results, err := openResults(s.path, "sandbox")
	require.NoError(t, err)
	defer results.close()
	open, err := results.open(s.orders)
	require.NoError(t, err)
	b := bulk{client: s.newClient(t, opts...), results: results, progress: newProgress(t.Output(), len(open)), workers: 4, grace: grace}
	return b.charge(ctx, open)
}

// newClient is the client of another process, with the journal of the one before.
func (s *stage) newClient(t *testing.T, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	journal := new(journal)
	require.NoError(t, journal.open(s.path+".journal"))
	t.Cleanup(journal.close)
	return clientOf(t, s.srv, append(opts, iamport.WithJournal(journal))...)
}

// outcomes reads the file as a merchant would: the last row of an order counts.
func (s *stage) outcomes(t *testing.T) map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(content(t, s.path))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, strings.Split(strings.TrimSpace(header), ","), rows[0])
	last := map[string]string{}
	for _, row := range rows[1:] {
		last[row[0]] = row[1]
	}
	return last
}

func (s *stage) requireAllPaidOnce(t *testing.T) {
	t.Helper()
	last := s.outcomes(t)
	for _, o := range s.orders {
		require.Equal(t, 1, s.srv.Charges(o.merchantUID), o.merchantUID)
		require.Equal(t, "paid", last[o.merchantUID], o.merchantUID)
	}
	require.Len(t, last, len(s.orders))
}

func (s *stage) begun() (n int) {
	for _, r := range s.srv.Requests() {
		if r.Path == "/subscribe/payments/again" {
			n++
		}
	}
	return n
}

func TestEveryOutcomeAndTheNextRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 30)
		s.srv.DeclineCustomer("customer_3", "[2116] over the limit")
		_, err := s.client.Again(t.Context(), iamport.AgainRequest{CustomerUID: "customer_5", MerchantUID: "order_5", Amount: iamport.KRW(1)})
		require.NoError(t, err)
		s.srv.InjectFunc(faultOf(map[string]iamporttest.Fault{
			"order_7":  iamporttest.LoseBefore(),
			"order_11": iamporttest.DeclineCode("no such customer_uid"),
			"order_13": iamporttest.LoseAfter(),
		}))
		require.NoError(t, s.run(t.Context(), t, time.Minute))
		last := s.outcomes(t)
		require.Len(t, last, 30)
		for id, want := range map[string]string{
			"order_1": "paid", "order_3": "declined", "order_5": "already paid", "order_7": "unknown", "order_11": "not charged", "order_13": "paid",
		} {
			require.Equal(t, want, last[id], id)
		}
		require.Contains(t, content(t, s.path), "order_3,declined,imps_")
		require.Contains(t, content(t, s.path), "differs in amount\",sandbox\n")

		s.srv.InjectFunc(nil)
		s.srv.DeclineCustomer("customer_3", "")
		before := s.begun()
		require.NoError(t, s.run(t.Context(), t, time.Minute))
		require.Equal(t, before+1, s.begun(), "the one not charged; the unknown one is held")
		require.Equal(t, "unknown", s.outcomes(t)["order_7"])
		require.Contains(t, content(t, s.path), "(nothing was sent)")

		time.Sleep(10 * time.Minute)
		require.NoError(t, s.run(t.Context(), t, time.Minute))
		require.Equal(t, before+2, s.begun(), "the unknown one")
		last = s.outcomes(t)
		require.Equal(t, "paid", last["order_7"])
		require.Equal(t, "paid", last["order_11"])
		require.Equal(t, "declined", last["order_3"])
		require.Zero(t, s.srv.Charges("order_3"))
		for _, id := range s.srv.ChargedUIDs() {
			require.Equal(t, 1, s.srv.Charges(id), id)
		}
	})
}

func TestResultsAreLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 20)
		require.NoError(t, s.run(t.Context(), t, time.Minute))
		whole := content(t, s.path)
		for _, rest := range []int{0, len(header) - 3, len(whole) / 2, len(whole) - 1} {
			s.path = write(t, whole[:rest])
			require.NoError(t, s.run(t.Context(), t, time.Minute))
			s.requireAllPaidOnce(t)
		}
	})
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 40)
		s.srv.InjectFunc(slow(time.Second))
		ctx, interrupt := context.WithTimeout(t.Context(), 5500*time.Millisecond)
		defer interrupt()
		began := time.Now()
		require.NoError(t, s.run(ctx, t, time.Minute))
		// A sign-in, and three times a look and a charge.
		require.Equal(t, 7*time.Second, time.Since(began), "the charges under way are waited for, and no longer")
		require.Equal(t, 12, s.begun(), "no new order begins")
		require.Len(t, s.outcomes(t), 12)
		for id, outcome := range s.outcomes(t) {
			require.Equal(t, "paid", outcome, id)
		}
		require.NoError(t, s.run(t.Context(), t, time.Minute))
		s.requireAllPaidOnce(t)
		require.Equal(t, 40, s.begun())
	})
}

func TestInterruptedDuringAChargeThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 8)
		hangs := iamporttest.Fault{}.Slow(50 * time.Second)
		s.srv.Inject(again, hangs, hangs, hangs, hangs)
		ctx, interrupt := context.WithTimeout(t.Context(), time.Second)
		defer interrupt()
		began := time.Now()
		require.NoError(t, s.run(ctx, t, 10*time.Second))
		require.Equal(t, 11*time.Second, time.Since(began))
		require.Equal(t, map[string]string{"order_0": "unknown", "order_1": "unknown", "order_2": "unknown", "order_3": "unknown"}, s.outcomes(t))
		require.NoError(t, s.run(t.Context(), t, time.Minute))
		s.requireAllPaidOnce(t)
	})
}

func TestStopsWhenTheKeyIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 200)
		var charges atomic.Int64
		s.srv.InjectFunc(func(r *http.Request) *iamporttest.Fault {
			if r.URL.Path == "/subscribe/payments/again" {
				charges.Add(1)
			}
			if charges.Load() <= 10 {
				return slow(time.Second)(r)
			}
			refused := iamporttest.Answer(401, "application/json", `{"code":-1,"message":"Unauthorized","response":null}`)
			return &refused
		})
		api, ok := errors.AsType[*iamport.Error](s.run(t.Context(), t, time.Minute))
		require.True(t, ok)
		require.Equal(t, 401, api.StatusCode)
		require.Less(t, len(s.outcomes(t)), 20)
		s.srv.InjectFunc(nil)
		require.NoError(t, s.run(t.Context(), t, time.Minute))
		s.requireAllPaidOnce(t)
	})
}

func TestStopsWhenNoResultCanBeWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 40)
		s.srv.InjectFunc(slow(time.Second))
		results, err := openResults(s.path, "sandbox")
		require.NoError(t, err)
		time.AfterFunc(5500*time.Millisecond, func() { results.close() }) // the disk is full from now on
		b := bulk{client: s.newClient(t), results: results, progress: newProgress(t.Output(), 40), workers: 4, grace: time.Minute}
		require.ErrorIs(t, b.charge(t.Context(), s.orders), os.ErrClosed)
		require.Len(t, s.outcomes(t), 8)
		require.Equal(t, 12, s.begun(), "no order begins whose result would be lost")

		require.NoError(t, s.run(t.Context(), t, time.Minute))
		s.requireAllPaidOnce(t)
	})
}

// faultOf gives each of these orders its fault at every charge.
func faultOf(faults map[string]iamporttest.Fault) func(*http.Request) *iamporttest.Fault {
	return func(r *http.Request) *iamporttest.Fault {
		if r.Method != http.MethodPost {
			return nil
		}
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		for id, fault := range faults {
			if strings.Contains(body.String(), `"`+id+`"`) {
				return &fault
			}
		}
		return nil
	}
}

func slow(d time.Duration) func(*http.Request) *iamporttest.Fault {
	return func(*http.Request) *iamporttest.Fault {
		fault := iamporttest.Fault{}.Slow(d)
		return &fault
	}
}
