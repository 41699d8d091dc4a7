package money_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// The quiet period that Begin is given counts from before the look was sent, and
// leaves room for a Begin that takes a whole time-out.
func TestQuietPeriodOfBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.Inject(findAll, iamporttest.Delay(7*time.Second))
		journal := newNotes()
		c := s.client(iamport.WithJournal(journal), iamport.WithLimiter(sleeping(11*time.Second)))
		_, err := c.EnsurePaid(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, []time.Duration{quiet + 18*time.Second + time.Minute}, journal.quiet)

		next := order
		next.MerchantUID = "order_2"
		_, err = c.Again(t.Context(), next)
		require.NoError(t, err)
		require.Zero(t, journal.quiet[1], "Again waits for no hold")
		require.Equal(t, iamport.Attempt{MerchantUID: "order_2", ID: journal.ended[1].ID}, journal.begun[1])
		require.Equal(t, []bool{false, false}, journal.noted, "what is paid holds the order")
	})
}

// A process crashed right after it sent. Another one looked before the record showed,
// and waits for its limiter so long that the hold has passed when its turn comes: the
// age of its look counts.
func TestOldLookBesideACrashedProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithPGTime(5*time.Minute), iamporttest.WithDuplicates(iamporttest.RefuseNone))
		store := iamport.NewMemoryJournal()
		crashed := s.client(iamport.WithJournal(&notes{Journal: store, noEnds: true}))
		unknown(t, err2(crashed.EnsurePaid(within(t, time.Second), order)))

		second := s.client(iamport.WithJournal(store), iamport.WithLimiter(sleeping(15*time.Minute)))
		lost := nothingSent(t, err2(second.EnsurePaid(t.Context(), order)))
		require.Positive(t, time.Until(lost.RetryAt))
		p, err := second.EnsurePaid(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, iamport.StatusPaid, p.Status)
		require.Equal(t, 1, s.Charges("order_1"))
	})
}

// A look older than half an hour when its turn comes ends the call.
func TestLookTooOld(t *testing.T) {
	t.Parallel()
	for wait, sends := range map[time.Duration]int{30 * time.Minute: 1, 30*time.Minute + time.Second: 0} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t, iamporttest.WithTokenLife(2*time.Hour))
			journal := newNotes()
			c := s.client(iamport.WithJournal(journal), iamport.WithLimiter(sleeping(wait)))
			p, err := c.EnsurePaid(t.Context(), order)
			require.Equal(t, sends, s.sent(again))
			if sends == 1 {
				require.NoError(t, err)
				require.NotNil(t, p)
				return
			}
			nothingSent(t, err)
			require.Empty(t, journal.begun)
		})
	}
}

// Begin may wait for a lock. One that takes longer than the time-out has recorded
// something that others may take for quiet by now: nothing is sent.
func TestBeginThatIsSlow(t *testing.T) {
	t.Parallel()
	for wait, sends := range map[time.Duration]int{20 * time.Second: 1, 60 * time.Second: 1, 61 * time.Second: 0} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			journal := newNotes()
			journal.begin = func(context.Context) (time.Duration, error) { // deaf to its context
				time.Sleep(wait)
				return 0, nil
			}
			journal.Journal = deafJournal{journal.Journal}
			c := s.client(iamport.WithJournal(journal))
			_, err := c.EnsurePaid(t.Context(), order)
			require.Equal(t, sends, s.sent(again))
			if sends == 1 {
				require.NoError(t, err)
			} else {
				require.True(t, nothingSent(t, err).RetryAt.IsZero())
				require.Equal(t, []bool{true}, journal.noted, "the attempt is over, and holds nothing")
			}

			next := order
			next.MerchantUID = "order_2"
			_, err = c.Again(t.Context(), next)
			if sends == 1 {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, iamport.ErrNotCharged)
			}
		})
	}
}

// deafJournal does not look at its contexts.
type deafJournal struct{ iamport.Journal }

func (j deafJournal) Begin(_ context.Context, a iamport.Attempt, quiet time.Duration) (time.Duration, error) {
	return j.Journal.Begin(context.Background(), a, quiet)
}

const unauthorizedJSON = `{"code":-1,"message":"Unauthorized","response":null}`

// The second send after a 401 must not leave minutes after Begin either.
func TestSecondSendThatComesLate(t *testing.T) {
	t.Parallel()
	for begin, sends := range map[time.Duration]int{10 * time.Second: 2, 11 * time.Second: 1} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			journal := newNotes()
			journal.begin = func(context.Context) (time.Duration, error) { time.Sleep(begin); return 0, nil }
			c := s.client(iamport.WithJournal(journal))
			for _, charge := range []func(merchantUID string) error{
				func(id string) error {
					r := order
					r.MerchantUID = id
					return err2(c.EnsurePaid(t.Context(), r))
				},
				func(id string) error {
					r := order
					r.MerchantUID = id
					return err2(c.Again(t.Context(), r))
				},
			} {
				_, err := c.Token(t.Context())
				require.NoError(t, err)
				s.Inject(again, iamporttest.Answer(401, "application/json", unauthorizedJSON))
				s.Inject("POST /users/getToken", iamporttest.Delay(50*time.Second))
				id := "order_" + strconv.Itoa(len(journal.begun))
				before := s.sent(again)
				err = charge(id)
				require.Equal(t, sends, s.sent(again)-before)
				if sends == 2 {
					require.NoError(t, err)
					continue
				}
				require.True(t, journal.noted[len(journal.noted)-1], "the attempt is over, and holds nothing")
				if id == "order_0" {
					nothingSent(t, err)
				} else {
					require.ErrorIs(t, err, iamport.ErrNotCharged)
				}
			}
		})
	}
}

// The second send takes a turn of its own.
func TestSecondSendWaitsItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		turns := 0
		c := s.client(iamport.WithLimiter(waiter(func(context.Context) error { turns++; return nil })))
		s.Inject(again, iamporttest.Answer(401, "application/json", unauthorizedJSON))
		_, err := c.Again(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, 2, turns)
		require.Equal(t, 2, s.sent(again))
	})
}

// The token comes before the limiter's turn, and the turn before Begin.
func TestOrderOfSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		var steps []string
		journal := newNotes()
		journal.begin = func(context.Context) (time.Duration, error) { steps = append(steps, "begin"); return 0, nil }
		c, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithJournal(&endNotes{journal, &steps}),
			iamport.WithLimiter(waiter(func(context.Context) error { steps = append(steps, "turn"); return nil })),
			iamport.WithHTTPClient(&http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
				steps = append(steps, r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
				return s.RoundTrip(r)
			})}))
		require.NoError(t, err)
		s.Inject(again, iamporttest.DeclineCode("no [1234]"))
		declined(t, err2(c.EnsurePaid(t.Context(), order)))
		require.Equal(t, []string{"getToken", "order_1", "turn", "begin", "again", "order_1", "end"}, steps)

		steps = nil
		s.RevokeTokens()
		next := order
		next.MerchantUID = "order_2"
		_, err = c.Again(t.Context(), next)
		require.NoError(t, err)
		require.Equal(t, []string{"turn", "begin", "again", "getToken", "turn", "again", "end"}, steps, "the token comes before the turn")
	})
}

type endNotes struct {
	*notes
	steps *[]string
}

func (n *endNotes) End(ctx context.Context, a iamport.Attempt, notCharged bool) error {
	*n.steps = append(*n.steps, "end")
	return n.notes.End(ctx, a, notCharged)
}

// End does not depend on the caller's context, and is bounded by itself.
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

// Which ends free the order, and what each error says of the next try.
func TestEndsOfAttempts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault iamporttest.Fault
		frees bool
	}{
		"paid":                       {iamporttest.Fault{}, false},
		"lost, and paid":             {iamporttest.LoseAfter(), false},
		"lost before":                {iamporttest.LoseBefore(), false},
		"declined":                   {iamporttest.Decline("no"), true},
		"refused with a PG code":     {iamporttest.DeclineCode("[1234] no"), true},
		"refused":                    {iamporttest.DeclineCode("no"), true},
		"502":                        {iamporttest.Answer(502, "text/html", ""), false},
		"ready":                      {iamporttest.Pending(time.Hour, true), false},
		"unreadable":                 {iamporttest.Answer(200, "text/html", "<html>"), false},
		"429 that can be read":       {iamporttest.Answer(429, "application/json", `{"code":-1,"message":"slow","response":null}`), true},
		"429 that cannot be read":    {iamporttest.Answer(429, "text/html", "slow down"), false},
		"400 without a code":         {iamporttest.Answer(400, "application/json", `{"message":"Bad Request"}`), false},
		"404 of a gateway":           {iamporttest.Answer(404, "application/json", `{"code":5,"message":"Not Found","details":[]}`), true},
		"408":                        {iamporttest.Answer(408, "application/json", `{"code":-1,"message":"time-out","response":null}`), false},
		"code 0 with nothing in it":  {iamporttest.Answer(200, "application/json", `{"code":0,"message":null,"response":null}`), false},
		"refused in words, executed": {iamporttest.RefuseAfter("no"), false},
	} {
		for _, ensure := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				journal := newNotes()
				c := s.client(iamport.WithJournal(journal))
				s.Inject(again, test.fault)
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
