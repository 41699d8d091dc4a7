package iamportriver

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

const again = "POST /subscribe/payments/again"

func TestPaid(t *testing.T) { onBoth(t, testPaid[pgx.Tx], testPaid[*sql.Tx]) }

func testPaid[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	require.Equal(t, 1, s.insert(won("order-1", "card-1")))
	require.Equal(t, 0, s.insert(won("order-1", "card-1")), "an order has one job")
	s.start()
	r := s.ends(1)[0]
	require.Equal(t, StatePaid, r.State)
	require.NoError(t, r.Err)
	require.Equal(t, iamport.KRW(1000), r.Payment.Amount)
	jobs := s.jobs("iamport_charge")
	require.Len(t, jobs, 1)
	require.Equal(t, rivertype.JobStateCompleted, jobs[0].State)
	require.Contains(t, string(jobs[0].Output()), r.Payment.ImpUID)
	require.Equal(t, []string{"order-1 paid 1000"}, s.ledger())
	require.Equal(t, 1, s.server.TotalCharges())
	require.True(t, s.row("order-1").ended)
}

func TestOrderIsChargedOnceForEver(t *testing.T) {
	onBoth(t, testOrderIsChargedOnceForEver[pgx.Tx], testOrderIsChargedOnceForEver[*sql.Tx])
}

// River removes jobs that have ended. The order stays, and so no new job of it charges.
func testOrderIsChargedOnceForEver[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	s.server.Inject(again, iamporttest.DeclineCode("결제승인에 실패하였습니다. [2116]개인 월 한도금액 초과"))
	s.insert(won("order-1", "card-1"), won("order-2", "card-2"))
	s.start()
	s.ends(2)
	for _, job := range s.jobs("iamport_charge") {
		_, err := s.river.JobDelete(t.Context(), job.ID)
		require.NoError(t, err)
	}
	requests := len(s.server.Requests())
	require.Equal(t, 0, s.insert(won("order-1", "card-1"), won("order-2", "card-2")))
	for _, a := range []ChargeArgs{won("order-1", "card-1"), won("order-2", "card-2")} {
		_, err := s.river.Insert(t.Context(), a, nil)
		require.NoError(t, err)
	}
	for _, job := range s.jobs("iamport_charge") {
		require.Equal(t, rivertype.JobStateCompleted, job.State)
	}
	require.Len(t, s.server.Requests(), requests, "an order with an end was worked again")
	require.Len(t, s.ledger(), 2)
}

// requests returns the requests of an endpoint.
func (s *shop[TTx]) requests(route string) (found []iamporttest.Request) {
	method, path, _ := strings.Cut(route, " ")
	for _, r := range s.server.Requests() {
		if r.Method == method && r.Path == path {
			found = append(found, r)
		}
	}
	return found
}

func TestLostAnswers(t *testing.T) { onBoth(t, testLostAnswers[pgx.Tx], testLostAnswers[*sql.Tx]) }

// A charge whose answer is lost is tried again when that is safe, and uses up no attempt.
func testLostAnswers[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	s.server.Inject(again, iamporttest.LoseBefore(), iamporttest.LoseAfter(), iamporttest.LoseBefore())
	s.insert(won("order-1", "card-1"), won("order-2", "card-2"))
	s.start()
	require.Eventually(t, func() bool {
		n, err := s.Database.pool.texts(t.Context(), `SELECT merchant_uid FROM iamport_orders WHERE unknown_since IS NOT NULL`)
		return err == nil && len(n) > 0
	}, 10*time.Second, 5*time.Millisecond, "an unknown outcome is not in the table")
	s.ends(2)
	for _, job := range s.jobs("iamport_charge") {
		require.Equal(t, rivertype.JobStateCompleted, job.State)
		require.Equal(t, 1, job.Attempt, "an attempt was used up")
	}
	require.Equal(t, []string{"order-1 paid 1000", "order-2 paid 1000"}, s.ledger())
	require.Equal(t, 2, s.server.TotalCharges())
	left, err := s.Database.pool.texts(t.Context(), `SELECT merchant_uid FROM iamport_orders WHERE unknown_since IS NOT NULL`)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestRefused(t *testing.T) { onBoth(t, testRefused[pgx.Tx], testRefused[*sql.Tx]) }

func testRefused[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	s.insert(won("order-1", "nobody"))
	s.start()
	r := s.ends(1)[0]
	require.Equal(t, StateDeclined, r.State)
	refused, ok := errors.AsType[*iamport.Error](r.Err)
	require.True(t, ok)
	require.True(t, refused.Refused())
	s.jobs("iamport_charge")
	require.Contains(t, s.row("order-1").reason, refused.Message)
}

func TestInvalidOrder(t *testing.T) { onBoth(t, testInvalidOrder[pgx.Tx], testInvalidOrder[*sql.Tx]) }

func testInvalidOrder[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	a := won("order-1", "card-1")
	a.Name = strings.Repeat("n", 41)
	s.insert(a)
	s.start()
	require.Equal(t, StateInvalid, s.ends(1)[0].State)
	job := s.jobs("iamport_charge")[0]
	require.Equal(t, rivertype.JobStateCancelled, job.State)
	require.Contains(t, job.Errors[0].Error, "Name must")
	require.Empty(t, s.requests(again))
	require.Equal(t, []string{"order-1 invalid 0"}, s.ledger())

	_, err := s.river.JobRetry(t.Context(), job.ID) // as a person does on River's page
	require.NoError(t, err)
	require.Equal(t, rivertype.JobStateCancelled, s.jobs("iamport_charge")[0].State)
	require.Len(t, s.ledger(), 1)
}

func TestAlreadyPaid(t *testing.T) { onBoth(t, testAlreadyPaid[pgx.Tx], testAlreadyPaid[*sql.Tx]) }

func testAlreadyPaid[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, func(c *Config[TTx]) {
		c.OnAlreadyPaid = func(_ context.Context, _ TTx, args ChargeArgs, paid *iamport.AlreadyPaidError) (bool, error) {
			return args.MerchantUID == "order-1" && paid.Payment.Amount == iamport.KRW(900), nil
		}
	})
	for _, uid := range []string{"order-1", "order-2"} {
		_, err := s.Client.Again(t.Context(), iamport.AgainRequest{MerchantUID: uid, CustomerUID: "card-1", Amount: iamport.KRW(900), Name: "a month"})
		require.NoError(t, err)
	}
	s.insert(won("order-1", "card-1"), won("order-2", "card-1"))
	s.start()
	for _, r := range s.ends(2) {
		require.NotNil(t, r.Payment)
		require.Equal(t, r.State == StatePaid, r.Err == nil)
	}
	s.jobs("iamport_charge")
	require.Equal(t, []string{"order-1 paid 900", "order-2 already_paid 0"}, s.ledger())
	require.Equal(t, "paid", s.row("order-1").state)
	require.Equal(t, "already_paid", s.row("order-2").state)
	require.Equal(t, 2, s.server.TotalCharges())
}

func TestHookThatFails(t *testing.T) {
	onBoth(t, testHookThatFails[pgx.Tx], testHookThatFails[*sql.Tx])
}

// A hook that fails rolls everything back and is called again; nothing is charged twice, and a
// declined card is not tried again.
func testHookThatFails[TTx any](t *testing.T, db Database[TTx]) {
	calls := make(map[string]int)
	s := newShop(t, db, func(c *Config[TTx]) {
		c.Workers = 1
		ledger := c.OnResult
		c.OnResult = func(ctx context.Context, tx TTx, r Result) error {
			if err := ledger(ctx, tx, r); err != nil {
				return err
			}
			calls[r.Args.MerchantUID]++
			switch calls[r.Args.MerchantUID] {
			case 1:
				return errors.New("the hook failed")
			case 2:
				panic("the hook panicked")
			}
			return nil
		}
	})
	s.server.DeclineCustomer("card-2", "한도초과")
	s.insert(won("order-1", "card-1"), won("order-2", "card-2"))
	s.start()
	s.ends(6)
	for _, job := range s.jobs("iamport_charge") {
		require.Equal(t, rivertype.JobStateCompleted, job.State)
		require.Len(t, job.Errors, 2)
	}
	require.Equal(t, []string{"order-1 paid 1000", "order-2 declined 0"}, s.ledger())
	require.Len(t, s.requests(again), 2)
	require.Equal(t, "한도초과", s.row("order-2").reason)
}

func TestFirstChargesRunFirst(t *testing.T) {
	onBoth(t, testFirstChargesRunFirst[pgx.Tx], testFirstChargesRunFirst[*sql.Tx])
}

func testFirstChargesRunFirst[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, func(c *Config[TTx]) { c.Workers = 1 })
	first := won("z-first", "card-3")
	first.First = true
	s.insert(won("a-renewal", "card-1"), won("b-renewal", "card-2"), first)
	s.start()
	require.Equal(t, "z-first", s.ends(3)[0].Args.MerchantUID)
}

func TestUnauthorizedIsNotADecline(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]iamporttest.Fault{
		"401": iamporttest.Answer(http.StatusUnauthorized, "application/json", `{"code":-1,"message":"Unauthorized","response":null}`),
		"429": iamporttest.Answer(http.StatusTooManyRequests, "application/json", `{"code":-1,"message":"Too Many Requests","response":null}`),
	} {
		server := iamporttest.NewServer(iamporttest.WithCustomers("card-1"))
		server.Inject(again, answer, answer, answer, answer)
		a := won("order-1", "card-1")
		payment, err := newClient(t, server).EnsurePaid(t.Context(), a.request())
		require.Error(t, err, name)
		_, known := resultOf(a, payment, err)
		require.False(t, known, "%s: %v", name, err)
	}
}

// An unknown outcome is not an end, whatever its cause is, and a payment is not a decline.
func TestUnknownOutcomeIsNoEnd(t *testing.T) {
	t.Parallel()
	a := won("order-1", "card-1")
	for _, cause := range []error{
		&iamport.DeclinedError{}, &iamport.AlreadyPaidError{}, &iamport.InvalidRequestError{}, &iamport.Error{}, context.Canceled,
	} {
		_, known := resultOf(a, nil, &iamport.OutcomeUnknownError{Err: cause})
		require.False(t, known, "%T", cause)
		_, known = refundStateOf(&iamport.OutcomeUnknownError{Err: cause})
		require.False(t, known, "a refund: %T", cause)
	}
	r, known := resultOf(a, nil, &iamport.AlreadyPaidError{Payment: &iamport.Payment{}})
	require.True(t, known)
	require.Equal(t, StateAlreadyPaid, r.State)
}

func TestOrderThatEndsMeanwhile(t *testing.T) {
	onBoth(t, testOrderThatEndsMeanwhile[pgx.Tx], testOrderThatEndsMeanwhile[*sql.Tx])
}

// A run that ends after another has ended the order calls no hook, and changes nothing.
func testOrderThatEndsMeanwhile[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, func(c *Config[TTx]) {
		c.OnResult = func(context.Context, TTx, Result) error { t.Error("the other run has called it"); return nil }
	})
	s.server.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		if r.URL.Path == "/subscribe/payments/again" {
			_, err := db.pool.exec(context.Background(), s.queries.end, "order-1", string(StatePaid), "imp_other", "", "")
			if err != nil {
				t.Error(err)
			}
		}
		return nil
	})
	s.insert(won("order-1", "card-1"))
	s.start()
	require.Equal(t, rivertype.JobStateCompleted, s.jobs("iamport_charge")[0].State)
	var impUID string
	require.NoError(t, db.pool.row(t.Context(), `SELECT imp_uid FROM iamport_orders`, nil, &impUID))
	require.Equal(t, "imp_other", impUID)
}
