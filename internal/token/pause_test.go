package token

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The pauses between failed sign-ins: none after the first, then 250 ms and twice as
// long each time, up to 10 s, or the wait that the server requests.
func TestPauses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		asked  time.Duration
		pauses []time.Duration
	}{
		"growing": {0, []time.Duration{
			0, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 10 * time.Second, 10 * time.Second,
		}},
		"asked for": {3 * time.Second, []time.Duration{3 * time.Second, 3 * time.Second, 3 * time.Second, 3 * time.Second, 3 * time.Second, 4 * time.Second, 8 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var signIns []time.Time
				s := NewSource(func(context.Context) (*Token, time.Duration, error) {
					signIns = append(signIns, time.Now())
					return nil, test.asked, errors.New("refused")
				}, time.Minute)
				for len(signIns) <= len(test.pauses) {
					_, err := s.Get(t.Context())
					require.EqualError(t, err, "refused")
					time.Sleep(time.Millisecond)
				}
				for i, pause := range test.pauses {
					require.InDelta(t, pause, signIns[i+1].Sub(signIns[i]), float64(2*time.Millisecond), "pause %d", i)
				}
			})
		})
	}
}
