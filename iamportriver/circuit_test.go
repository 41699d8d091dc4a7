package iamportriver

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// paused reports whether a queue is paused.
func (s *shop[TTx]) paused(queue string) bool {
	s.t.Helper()
	q, err := s.river.QueueGet(s.t.Context(), queue)
	require.NoError(s.t, err)
	return q.PausedAt != nil
}

func TestCircuit(t *testing.T) { onBoth(t, testCircuit[pgx.Tx], testCircuit[*sql.Tx]) }

// The queue of a PG rests after five unknown outcomes in a row, the others go on, and the rest
// ends by itself.
func testCircuit[TTx any](t *testing.T, db Database[TTx]) {
	var alarms atomic.Int64
	s := newShop(t, db, func(c *Config[TTx]) {
		c.Circuit, c.CircuitRest = 5, time.Second
		c.PGs = map[iamport.PG]PG{iamport.PGNice: {}}
		c.OnCircuit = func(_ context.Context, queue string, reason error) {
			if queue != "iamport" || reason == nil {
				t.Errorf("alarm for %s: %v", queue, reason)
			}
			alarms.Add(1)
		}
	})
	var down atomic.Bool
	down.Store(true)
	s.server.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		if down.Load() && strings.HasPrefix(r.URL.Path, "/payments/") {
			return new(iamporttest.Answer(503, "text/html", "maintenance"))
		}
		return nil
	})
	s.start()
	for i := range 5 {
		s.insert(won(fmt.Sprintf("order-%d", i), "card-1"))
	}
	require.Eventually(t, func() bool { return s.paused("iamport") }, 10*time.Second, 5*time.Millisecond)
	require.Eventually(t, func() bool { return alarms.Load() == 1 }, 10*time.Second, 5*time.Millisecond)
	other := won("nice-1", "card-2")
	other.PG = iamport.PGNice
	require.False(t, s.paused("iamport_nice"))
	down.Store(false)
	s.insert(other)
	s.ends(6)
	require.False(t, s.paused("iamport"))
	require.Equal(t, 6, s.server.TotalCharges())
}

func TestPauseIsKept(t *testing.T) { onBoth(t, testPauseIsKept[pgx.Tx], testPauseIsKept[*sql.Tx]) }

// The end of a circuit's rest does not end the pause of a person.
func testPauseIsKept[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	s.start()
	require.Eventually(t, func() bool {
		_, err := s.river.QueueGet(t.Context(), "iamport")
		return err == nil
	}, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, s.river.QueuePause(t.Context(), "iamport", nil)) // the circuit
	resting, err := s.river.QueueGet(t.Context(), "iamport")
	require.NoError(t, err)
	time.Sleep(10 * time.Millisecond)
	require.NoError(t, s.Pause(t.Context(), s.river, ""))
	_, err = s.river.Insert(t.Context(), resumeArgs{Queue: "iamport", PausedAt: *resting.PausedAt}, nil)
	require.NoError(t, err)
	s.jobs("iamport_resume")
	require.True(t, s.paused("iamport"))
	s.insert(won("order-1", "card-1"))
	time.Sleep(300 * time.Millisecond)
	require.Zero(t, s.server.TotalCharges())
	require.NoError(t, s.Resume(t.Context(), s.river, ""))
	s.ends(1)
}
