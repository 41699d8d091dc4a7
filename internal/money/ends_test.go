package money_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// End does not depend on the caller's context, and has its own time limit.
func TestEndOfAnAttemptWhoseCallerHasGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithPGTime(time.Minute))
		journal := &endingNotes{notes: newNotes()}
		c := s.client(iamport.WithJournal(journal))
		unknown(t, err2(c.Again(within(t, time.Second), order)))
		require.NoError(t, journal.atEnd)
		require.Equal(t, 5*time.Second, journal.left)
		require.Equal(t, []bool{false}, journal.noted)
	})
}

type endingNotes struct {
	*notes
	atEnd error
	left  time.Duration
}

func (n *endingNotes) End(ctx context.Context, a iamport.Attempt, notCharged bool) error {
	deadline, _ := ctx.Deadline()
	n.atEnd, n.left = ctx.Err(), time.Until(deadline)
	return n.notes.End(ctx, a, notCharged)
}

// paidByAnotherMeanwhile lets another call pay order_1 right before the first charge
// meets fault.
func paidByAnotherMeanwhile(s *shop, fault iamporttest.Fault) func(*http.Request) *iamporttest.Fault {
	other, first := s.client(), true
	return func(r *http.Request) *iamporttest.Fault {
		if !first || !strings.HasSuffix(r.URL.Path, "/again") {
			return nil
		}
		first = false
		_, err := other.Again(context.Background(), order)
		require.NoError(s.t, err)
		return &fault
	}
}

// Which ends free the order, and RetryAt of each error.
func TestEndsOfAttempts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault iamporttest.Fault
		frees bool
	}{
		"paid":                             {iamporttest.Fault{}, false},
		"lost, and paid":                   {iamporttest.LoseAfter(), false},
		"lost before":                      {iamporttest.LoseBefore(), false},
		"declined":                         {iamporttest.Decline("no"), true},
		"refused with a PG code":           {iamporttest.DeclineCode("[1234] no"), true},
		"refused":                          {iamporttest.DeclineCode("no"), true},
		"502":                              {iamporttest.Answer(502, "text/html", ""), false},
		"ready":                            {iamporttest.Pending(time.Hour, true), false},
		"unreadable":                       {iamporttest.Answer(200, "text/html", "<html>"), false},
		"429 that can be read":             {iamporttest.Answer(429, "application/json", `{"code":-1,"message":"slow","response":null}`), true},
		"429 that cannot be read":          {iamporttest.Answer(429, "text/html", "slow down"), false},
		"400 without a code":               {iamporttest.Answer(400, "application/json", `{"message":"Bad Request"}`), false},
		"404 of a gateway":                 {iamporttest.Answer(404, "application/json", `{"code":5,"message":"Not Found","details":[]}`), false},
		"404 of the API":                   {iamporttest.Answer(404, "application/json", `{"code":-1,"message":"no such schedule","response":null}`), true},
		"lost, paid by another call":       {iamporttest.LoseBefore(), false},
		"408":                              {iamporttest.Answer(408, "application/json", `{"code":-1,"message":"time-out","response":null}`), false},
		"code 0 with nothing in it":        {iamporttest.Answer(200, "application/json", `{"code":0,"message":null,"response":null}`), false},
		"refused with a message, executed": {iamporttest.RefuseAfter("no"), false},
	} {
		for _, ensure := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				journal := newNotes()
				c := s.client(iamport.WithJournal(journal))
				if name == "lost, paid by another call" {
					s.InjectFunc(paidByAnotherMeanwhile(s, test.fault))
				} else {
					s.Inject(again, test.fault)
				}
				charge := c.Again
				if ensure {
					charge = func(ctx context.Context, r iamport.AgainRequest) (*iamport.Payment, error) {
						return c.EnsurePaid(ctx, r)
					}
				}
				_, err := charge(t.Context(), order)
				require.Equal(t, []bool{test.frees}, journal.noted, "%s, EnsurePaid %t: %v", name, ensure, err)
				var lost *iamport.OutcomeUnknownError
				if test.frees {
					require.ErrorIs(t, err, iamport.ErrNotCharged, name)
				} else if errors.As(err, &lost) {
					require.Equal(t, held, time.Until(lost.RetryAt), name)
					require.Equal(t, journal.begun[0].ID, lost.Attempt, name)
				}
			})
		}
	}
}
