package money_test

import (
	"context"
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

// The quiet period given to Begin counts from before the look-up was sent, and
// includes the time-out that Begin may take.
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

// A process crashed right after it sent. Another one looked the order up before the
// record was visible, and waits for its limiter until the hold would have ended: the
// age of its look-up counts.
func TestOldLookBesideACrashedProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithPGTime(5*time.Minute), iamporttest.WithDuplicates(iamporttest.RefuseNone))
		store := iamport.NewMemoryJournal()
		crashed := s.client(iamport.WithJournal(&notes{Journal: store, noEnds: true}))
		unknown(t, err2(crashed.EnsurePaid(within(t, time.Second), order)))

		second := s.client(iamport.WithJournal(store), iamport.WithLimiter(sleeping(15*time.Minute)))
		lost := nothingSent(t, err2(second.EnsurePaid(t.Context(), order)))
		require.Equal(t, time.Second, time.Until(lost.RetryAt), "with a fresh look it would be let through")
		p, err := second.EnsurePaid(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, iamport.StatusPaid, p.Status)
		require.Equal(t, 1, s.Charges("order_1"))
	})
}

// A look-up that is older than half an hour before the send ends the call.
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

// Begin may wait for a lock. If it takes longer than the time-out, the quiet period
// of its record may already have ended for others: nothing is sent.
func TestBeginThatIsSlow(t *testing.T) {
	t.Parallel()
	for wait, sends := range map[time.Duration]int{20 * time.Second: 1, 60 * time.Second: 1, 61 * time.Second: 0} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			journal := newNotes()
			journal.begin = func(context.Context) (time.Duration, error) { // it ignores its context
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

// deafJournal ignores its contexts.
type deafJournal struct{ iamport.Journal }

func (j deafJournal) Begin(_ context.Context, a iamport.Attempt, quiet time.Duration) (time.Duration, error) {
	return j.Journal.Begin(context.Background(), a, quiet)
}

const unauthorizedJSON = `{"code":-1,"message":"Unauthorized","response":null}`

// The second send after a 401 must not be sent minutes after Begin either.
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

// The second send waits for another turn of the limiter.
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
